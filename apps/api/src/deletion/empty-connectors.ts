import type { Services } from "../services.js";

/** Rows of each kind that go at once. */
const batchSize = 10_000;

/**
 * Removes the records of a deleted connector, or of a tenant whose connectors are all switched off, before it goes itself: with it, they
 * would take longer than one statement may. Whoever ends half-way leaves less to the next one.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function emptyConnectors(
  { database }: Pick<Services, "database">,
  of: { readonly tenantId: string; readonly connectorId?: string },
): Promise<void> {
  const empty = () => database.asSystem(({ purges }) => purges.empty(of, batchSize));
  // The rest goes with it. What a sync that has not noticed yet still stores is not waited for.
  while ((await empty()) >= batchSize);
}
