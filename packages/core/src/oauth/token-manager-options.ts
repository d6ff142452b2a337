import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import type { Clock, Logger, Random } from "../runtime/index.js";
import type { RefreshPolicy } from "./profile.js";
import type { TokenIssuer } from "./token-issuer.js";
import type { TokenSet } from "./token-set.js";
import type { TokenStore } from "./token-store.js";

/** What a `TokenManager` works with. */
export interface TokenManagerOptions {
  /** Of this one connection. What makes many processes refresh once is this store. */
  readonly store: TokenStore;
  /** Usually an `OAuthClient`. */
  readonly client: TokenIssuer;
  /** Named in events and log lines. */
  readonly connection: ConnectionIdentity;
  /** Tokens that were obtained elsewhere: stored at the first use, if nothing has ever been stored. */
  readonly initialTokens?: TokenSet;
  /** Default: `defaultRefreshPolicy`. */
  readonly policy?: RefreshPolicy;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `node:crypto`'s. */
  readonly random?: Random;
  /** Default: nobody is told. */
  readonly events?: EventEmitter;
  /** Default: silent. */
  readonly logger?: Logger;
  /**
   * How long a valid token is served without looking at the store, in milliseconds: the longest time for which a
   * disconnect or a new authorization in another process goes unnoticed here, as long as the store answers. Default
   * 30 000.
   */
  readonly cacheMs?: number;
  /** Hard limit of one call of the vendor, in milliseconds. Default 25 000. */
  readonly callTimeoutMs?: number;
  /** How long others leave our attempt alone, in milliseconds. Longer than `callTimeoutMs`. Default 40 000. */
  readonly leaseMs?: number;
}
