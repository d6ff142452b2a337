import type { DueTokens } from "../repositories/index.js";
import { AttemptKeys } from "./attempt-keys.js";
import { claimDue } from "./claims.js";
import { Landings } from "./landings.js";
import { PostgresTokenStore, type TokenStoreParts } from "./postgres-token-store.js";

/** Makes the token stores of a process. */
export class TokenStores {
  readonly #parts: TokenStoreParts;

  constructor(parts: Omit<TokenStoreParts, "attemptKeys" | "sharedLandings">) {
    this.#parts = { ...parts, attemptKeys: new AttemptKeys(), sharedLandings: new Landings(parts.database) };
  }

  /**
   * The store of one connector's tokens. Cheap: it keeps nothing but its name.
   *
   * @param connectorVersion - What a person authorises is the connector as it is at this version. Default: at any.
   */
  of(tenantId: string, connectorId: string, connectorVersion?: number): PostgresTokenStore {
    return new PostgresTokenStore(this.#parts, { tenantId, connectorId }, connectorVersion);
  }

  /** Claims up to `limit` token sets that are due, of any tenant: see `SystemTokenRepository.claimDue`. */
  claimDue(limit: number, leaseMs: number): Promise<readonly DueTokens[]> {
    return claimDue(this.#parts, limit, leaseMs);
  }
}
