import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import type { Clock, Logger, Random } from "../runtime/index.js";
import type { KnownTokens } from "./known-tokens.js";
import type { RefreshPolicy } from "./profile.js";
import type { TokenIssuer } from "./token-issuer.js";
import type { TokenStore } from "./token-store.js";

/** What the parts of one token manager share. */
export interface TokenContext {
  readonly store: TokenStore;
  readonly issuer: TokenIssuer;
  readonly connection: ConnectionIdentity;
  readonly policy: RefreshPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventEmitter | undefined;
  readonly logger: Logger;
  readonly known: KnownTokens;
  /** Hard limit of one call of the vendor, in milliseconds. */
  readonly callTimeoutMs: number;
  /** How long others leave an attempt alone, in milliseconds. */
  readonly leaseMs: number;
}
