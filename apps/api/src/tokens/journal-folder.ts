import { join } from "node:path";
import { type Configuration, ConfigurationError } from "../configuration/index.js";
import type { TokenJournal } from "./token-journal.js";

/**
 * Where the journal of a database is: each has its own, so that a process that is started with another database does not take
 * the results of this one for those of connectors that are gone.
 */
export function journalFolderOf({ dataDirectory, databaseUrl }: Configuration): string {
  const journals = join(dataDirectory, "token-journal");
  if (databaseUrl === undefined) return join(journals, "embedded");
  const { hostname, port, pathname } = new URL(databaseUrl);
  const name = `${hostname}-${port || "5432"}-${decodeURIComponent(pathname.slice(1))}`;
  return join(journals, name.replaceAll(/[^\w.-]/g, "_"));
}

/**
 * Proves that the journal can be written to, now and not in the outage that needs it.
 *
 * @throws {ConfigurationError}
 */
export async function assertJournalWorks(journal: TokenJournal): Promise<void> {
  try {
    await journal.prepare();
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : String(error);
    throw new ConfigurationError([
      {
        variable: "ISTHMUS_DATA",
        problem: `names a folder that cannot be written to (${code}). Tokens that the database does not take are kept there.`,
        example: "ISTHMUS_DATA=/var/lib/isthmus",
      },
    ]);
  }
}
