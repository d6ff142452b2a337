import { isDeepStrictEqual } from "node:util";
import { DatabaseUnavailableError } from "../database/index.js";
import type { ClaimedHealth } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assess, windowMs } from "./assess.js";
import { damp } from "./damp.js";

/** Between two looks at a connector, in milliseconds. */
const everyMs = 60_000;
/** Connectors of one look. */
const batchSize = 500;

/**
 * Looks at the connectors whose turn it is, and tells of those whose state is another one. Any number of processes may do so at
 * once: each connector is looked at once a minute.
 *
 * @returns how many were looked at.
 * @throws {DatabaseUnavailableError}
 */
export async function lookAtHealth(services: Pick<Services, "database" | "logger" | "events">): Promise<number> {
  const claimed = await services.database.asSystem(({ health }) => health.claim(batchSize, everyMs, windowMs));
  for (const each of claimed) {
    try {
      await note(services, each);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      const { tenantId, connectorId } = each;
      services.logger.error({ tenantId, connectorId, err: error }, "How a connector is could not be stored");
    }
  }
  return claimed.length;
}

async function note(
  { database, logger, events }: Pick<Services, "database" | "logger" | "events">,
  each: ClaimedHealth,
) {
  const { tenantId, connectorId, checkedAt, state, facts, limits } = each;
  const found = assess(facts, limits, checkedAt);
  // Of what was told, it is the end when nothing is known any more.
  const seen = found.state ?? (state === null ? undefined : "healthy");
  if (seen === undefined) return;
  const next = damp(each, seen);
  // While something else than what was told is seen, the reasons stay those of what was told.
  const reasons = next.state === seen ? found.reasons : each.reasons;
  const isChanged = next.state !== state;
  const isSame = !isChanged && next.seenTimes === each.seenTimes && next.seenState === each.seenState;
  if (isSame && isDeepStrictEqual(reasons, each.reasons)) return;
  const told = { from: state, to: next.state, reasons };
  const connector = await database.asTenant(
    tenantId,
    async ({ connectorHealth, connectors, auditEvents, outboxEvents }) => {
      const landed = await connectorHealth.land(connectorId, checkedAt, { ...next, reasons, isChanged });
      // One that works from the beginning is no news.
      if (!landed || !isChanged || (state === null && next.state === "healthy")) return undefined;
      const row = await connectors.findById(connectorId);
      if (row === undefined) return undefined;
      await outboxEvents.append({ type: "connector.health_changed", connectorId, payload: { connectorId, ...told } });
      await auditEvents.append({
        action: "connector.health_changed",
        targetType: "connector",
        targetId: connectorId,
        outcome: next.state === "healthy" ? "success" : "failure",
        details: told,
      });
      return row;
    },
  );
  if (connector === undefined) return;
  const connection = { type: connector.connectorType, tenantId, connectorId };
  logger[next.state === "healthy" ? "info" : "warn"]({ ...connection, ...told }, "A connector's health has changed");
  events.emit("connector.health_changed", { connection, from: state ?? undefined, to: next.state });
}
