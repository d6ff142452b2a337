import { ConnectorError } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** How long something goes on after another process has deleted its connector or switched it off. */
const lookEveryMs = 5_000;

/**
 * Does work that may have no end of its own, until its connector is deleted or switched off: at once where that happens in this
 * process, within seconds where it happens elsewhere.
 *
 * @param work - Ends with the signal that it is handed, `CANCELLED` then.
 */
export async function whileConnectorWorks<Result>(
  services: Pick<Services, "database" | "events" | "clock" | "logger">,
  { id, tenantId }: Pick<ConnectorRow, "id" | "tenantId">,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { database, events, clock, logger } = services;
  const over = new AbortController();
  const done = new AbortController();
  const look = async () => {
    const row = await database.asTenant(tenantId, ({ connectors }) => connectors.findById(id));
    if (row?.isActive !== true)
      over.abort(new ConnectorError("CANCELLED", "The connector was deleted or switched off."));
  };
  // A database that is away for a moment ends nothing.
  const tryToLook = () => look().catch((error: unknown) => logger.debug({ connectorId: id, err: error }, "Not looked"));
  const lookIfMine = ({ connection }: { readonly connection: { readonly connectorId?: string } }) => {
    if (connection.connectorId === id) void tryToLook();
  };
  const offs = [events.on("connector.deleted", lookIfMine), events.on("connector.updated", lookIfMine)];
  const ends = AbortSignal.any([done.signal, over.signal, signal]);
  const looking = (async () => {
    while (!ends.aborted) {
      await clock.sleep(lookEveryMs, ends).catch((reason: unknown) => reason);
      if (!ends.aborted) await tryToLook();
    }
  })();
  try {
    return await work(AbortSignal.any([over.signal, signal]));
  } finally {
    for (const off of offs) off();
    done.abort();
    await looking;
  }
}
