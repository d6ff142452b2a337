import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { AbandonedResult, AttemptResult, LandedResult } from "./attempt-result.js";
import { raiseReconnectAlert, withdrawReconnectAlert } from "./reconnect-alert.js";

/** What it takes to record a result. */
export interface RecordResultOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Records in the database how an attempt ended. Repeating it changes nothing.
 *
 * @returns the version of the set that landed; `undefined` when something else came after the attempt, or it brought none.
 */
export async function recordResult(options: RecordResultOptions, result: AttemptResult): Promise<number | undefined> {
  if ("landed" in result) return recordLanded(options, result);
  await recordAbandoned(options, result);
  return undefined;
}

function recordLanded(
  { database }: RecordResultOptions,
  { attemptId, landed, ...place }: LandedResult,
): Promise<number | undefined> {
  return database.asSystem(({ tokens }) => tokens.land(place, attemptId, landed));
}

/** With its audit, and the alert where a person is needed: in one unit of work, so that none is there without the others. */
async function recordAbandoned(
  { database, clock, logger }: RecordResultOptions,
  { tenantId, connectorId, attemptId, abandoned }: AbandonedResult,
): Promise<void> {
  const { outcome, code } = abandoned;
  const alert = await database.asTenant(tenantId, async (repositories) => {
    const { connectorTokens, auditEvents } = repositories;
    const effect = await connectorTokens.abandon(connectorId, attemptId, abandoned);
    if (effect === "ignored") return undefined;
    const target = { targetType: "connector", targetId: connectorId } as const;
    await auditEvents.append({
      ...target,
      action: "token.refresh_failed",
      outcome: "failure",
      details: { code, outcome },
    });
    if (effect === "revived") await withdrawReconnectAlert(repositories, connectorId);
    if (effect !== "over") return undefined;
    return raiseReconnectAlert(repositories, connectorId, code, new Date(clock.now()));
  });
  if (alert) logger.error({ tenantId, ...alert }, "A connector needs a person to authorise it again");
}
