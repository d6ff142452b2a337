import { PGlite } from "@electric-sql/pglite";
import { silentLogger } from "@isthmus/core";
import { migrateEmbedded } from "./embedded.js";
import { saveSnapshot } from "./snapshot.js";

/** Makes an empty, migrated embedded database in memory and saves it as the build's snapshot. */
export async function createSnapshot(): Promise<void> {
  const pglite = await PGlite.create();
  try {
    await migrateEmbedded(pglite, { logger: silentLogger });
    await saveSnapshot(pglite);
  } finally {
    await pglite.close();
  }
}
