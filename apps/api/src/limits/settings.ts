/** How many requests a process answers. 0 = no limit. */
export interface RateLimitSettings {
  /** Requests a minute with one API key; of a person who comes without one, all of theirs. */
  readonly perKey: number;
  /** Requests a minute of one tenant, with all of its keys. */
  readonly perTenant: number;
  /** Refused credentials a minute from one address. */
  readonly refusedPerAddress: number;
}

/**
 * 20 requests a second of one key with bursts of a minute's worth, five such keys of one tenant, and one wrong key a second
 * from one address.
 */
export const defaultRateLimits: RateLimitSettings = { perKey: 1_200, perTenant: 6_000, refusedPerAddress: 60 };

/** What the limits are counted over, in milliseconds. */
export const rateWindowMs = 60_000;
