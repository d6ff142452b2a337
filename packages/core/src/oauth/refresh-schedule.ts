import type { Random } from "../runtime/index.js";
import type { RefreshPolicy } from "./profile.js";
import type { TokenSet } from "./token-set.js";

/** When one token set is renewed, decided once for it. Epoch milliseconds. */
export interface RefreshSchedule {
  /** From here on it is renewed in the background, and still served. */
  readonly refreshAtMs: number;
  /** From here on it is not handed out any more: a request needs time to arrive. */
  readonly usableUntilMs: number;
  /**
   * Whether the vendor stated the expiry. An assumed one is a reason to renew, but never one to refuse the token when
   * it cannot be renewed: the vendor's 401 knows better.
   */
  readonly stated: boolean;
}

const longestBackoffMs = 300_000;

/**
 * Plans the renewal of a set. Margin and jitter shrink with the lifetime (to a quarter and a tenth), so that a token of
 * 60 s is not renewed at each call.
 */
export function planRefresh(tokens: TokenSet, policy: RefreshPolicy, random: Random): RefreshSchedule {
  const stated = tokens.expiresAtMs !== undefined;
  const expiresAtMs = tokens.expiresAtMs ?? tokens.issuedAtMs + policy.assumedLifetimeMs;
  const lifetimeMs = Math.max(0, expiresAtMs - tokens.issuedAtMs);
  const marginMs = Math.min(policy.marginMs, lifetimeMs / 4);
  const jitterMs = Math.min(policy.jitterMs, lifetimeMs / 10) * random.number();
  return {
    refreshAtMs: Math.floor(expiresAtMs - marginMs - jitterMs),
    usableUntilMs: Math.floor(expiresAtMs - Math.min(5_000, lifetimeMs / 20)),
    stated,
  };
}

/** How long to leave a vendor alone after `failures` earlier failures in a row: 1 s doubling to 5 min, the upper half random. */
export function refreshBackoffMs(failures: number, random: Random): number {
  const fullMs = Math.min(longestBackoffMs, 1000 * 2 ** Math.min(failures, 20));
  return Math.round(fullMs / 2 + (fullMs / 2) * random.number());
}
