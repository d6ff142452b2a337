import type { Clock, Logger, Vault } from "@isthmus/core";
import type { Database } from "../database/index.js";
import { AttemptKeys } from "./attempt-keys.js";
import { PostgresTokenStore } from "./postgres-token-store.js";
import type { TokenJournal } from "./token-journal.js";

/** What all token stores of a process share. */
export interface TokenStoreParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly journal: TokenJournal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys of the attempts under way. */
  readonly attemptKeys: AttemptKeys;
}

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
