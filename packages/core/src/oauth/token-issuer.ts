import type { TokenSet } from "./token-set.js";

/**
 * Who gives out tokens: {@link OAuthClient}, or anything else that a connector logs in with. A `TokenManager` decides
 * when to ask, and makes sure that only one asks.
 *
 * Every failure is a `ConnectorError`, and its code tells what became of the refresh token: `OUTCOME_UNKNOWN` when it
 * may have been used, `RECONNECT_REQUIRED` when it is worth nothing any more; every other code promises that it was
 * not used.
 */
export interface TokenIssuer {
  /** A new set for an old one, merged: what the answer leaves out is kept. Needs `tokens.refreshToken`. */
  refresh(tokens: TokenSet, signal?: AbortSignal): Promise<TokenSet>;
  /** A new set without a person. `undefined` where only a person can give one. */
  readonly grant: ((signal?: AbortSignal) => Promise<TokenSet>) | undefined;
  /**
   * When a token ends, in epoch milliseconds, where the answer that granted it did not say; `undefined` when the vendor does
   * not say it now either. Asked once for each new set, after it is stored. Missing: nobody can be asked.
   */
  readonly expiryOf?: ((tokens: TokenSet, signal?: AbortSignal) => Promise<number | undefined>) | undefined;
}
