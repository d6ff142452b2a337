/** What a vendor granted, as it is stored (sealed). Plain JSON: safe to serialise. */
export interface TokenSet {
  /** Opaque. */
  readonly accessToken: string;
  /** As the vendor spells it, usually `Bearer`. */
  readonly tokenType: string;
  /** Missing: the vendor gave none, or the grant needs none. */
  readonly refreshToken?: string;
  /** Epoch milliseconds, UTC. Missing: the vendor states none, and the refresh policy assumes one. */
  readonly expiresAtMs?: number;
  /** Epoch milliseconds at which the answer arrived. */
  readonly issuedAtMs: number;
  /** Space-separated, as granted. */
  readonly scope?: string;
  /** What the vendor sends beside the tokens and the connector needs later: `instance_url`, `realmId`, `id`. */
  readonly attributes: Readonly<Record<string, string>>;
  /**
   * Whether this grant was seen to change its refresh token with a refresh. Missing: never refreshed yet. Decides
   * whether a refresh with an unknown outcome may be repeated.
   */
  readonly rotates?: boolean;
  /** Epoch milliseconds after which only a person can renew the grant, where the vendor tells. */
  readonly reconnectBeforeMs?: number;
}

/** An access token that is valid now. */
export interface AccessToken {
  /** What goes into the request. Opaque. */
  readonly value: string;
  /** As the vendor spells it, usually `Bearer`. */
  readonly tokenType: string;
  /** Grows with each new set. Hand it back as `notVersion` when the vendor refuses the token. */
  readonly version: number;
  /** Epoch milliseconds, UTC. Missing: the vendor states none. */
  readonly expiresAtMs?: number;
  /** {@link TokenSet.attributes} of the same set. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where a connector gets its access tokens from. */
export interface TokenSource {
  /**
   * A token that is valid now; refreshes it first when it is about to end.
   *
   * @param options.notVersion - The version of a token that the vendor has just refused: the answer is a newer one.
   *   Many callers who saw the same refusal cause one refresh.
   * @throws {AuthenticationError} `AUTHENTICATION_FAILED` when the vendor has just refused another token as well, so that
   *   a further one would not help.
   * @throws {AuthenticationError} `RECONNECT_REQUIRED` when no person has connected yet or the grant is gone.
   * @throws {TransientError} when the authorization server is away and no valid token is left.
   */
  accessToken(options?: { readonly notVersion?: number; readonly signal?: AbortSignal }): Promise<AccessToken>;
}
