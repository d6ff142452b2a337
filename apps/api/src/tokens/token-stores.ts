import { AttemptKeys } from "./attempt-keys.js";
import { PostgresTokenStore, type TokenStoreParts } from "./postgres-token-store.js";

/** Makes the token stores of a process. */
export class TokenStores {
  readonly #parts: TokenStoreParts;

  constructor(parts: Omit<TokenStoreParts, "attemptKeys">) {
    this.#parts = { ...parts, attemptKeys: new AttemptKeys() };
  }

  /** The store of one connector's tokens. Cheap: it keeps nothing but its name. */
  of(tenantId: string, connectorId: string): PostgresTokenStore {
    return new PostgresTokenStore(this.#parts, tenantId, connectorId);
  }
}
