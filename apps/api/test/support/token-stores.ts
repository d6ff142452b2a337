import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock, type Vault } from "@isthmus/core";
import type { Database } from "../../src/database/index.js";
import { TokenJournal } from "../../src/tokens/token-journal.js";
import { TokenStores } from "../../src/tokens/token-stores.js";

/** Token stores as one process has them, for tests whose database is never away: their journal is not used. */
export function createTokenStores(database: Database, vault: Vault): TokenStores {
  const journal = new TokenJournal(join(tmpdir(), "isthmus-unused-journal"));
  return new TokenStores({ database, vault, journal, clock: systemClock, logger: silentLogger });
}
