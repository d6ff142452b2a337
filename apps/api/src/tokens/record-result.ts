import type { Clock, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { AbandonedResult, AttemptResult } from "./attempt-result.js";
import type { Landings } from "./landings.js";
import { raiseFailingAlert, raiseReconnectAlert, withdrawReconnectAlert } from "./reconnect-alert.js";

/** What it takes to record a result. */
export interface RecordResultOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where sets land together with others. Default: each by itself. */
  readonly landings?: Landings;
}

/**
 * Records in the database how an attempt ended. Repeating it changes nothing.
 *
 * @returns the version of the set that landed; `undefined` when something else came after the attempt, or it brought none.
 */
export async function recordResult(options: RecordResultOptions, result: AttemptResult): Promise<number | undefined> {
  const { database, landings } = options;
  if ("landed" in result) {
    if (landings) return landings.land(result);
    const { attemptId, landed, ...place } = result;
    return database.asSystem(({ tokens }) => tokens.land(place, attemptId, landed));
  }
  if ("unsent" in result) await database.asSystem(({ tokens }) => tokens.release(result.unsent));
  else await recordAbandoned(options, result);
  return undefined;
}

/** With its audit, and the alert where a person is needed: in one unit of work, so that none is there without the others. */
async function recordAbandoned(
  { database, clock, logger }: RecordResultOptions,
  { tenantId, connectorId, attemptId, abandoned }: AbandonedResult,
): Promise<void> {
  const { outcome, code } = abandoned;
  const now = new Date(clock.now());
  const alert = await database.asTenant(tenantId, async (repositories) => {
    const { connectorTokens, auditEvents } = repositories;
    const effect = await connectorTokens.abandon(connectorId, attemptId, abandoned);
    if (effect.kind === "ignored") return undefined;
    const target = { targetType: "connector", targetId: connectorId } as const;
    await auditEvents.append({
      ...target,
      action: "token.refresh_failed",
      outcome: "failure",
      details: { code, outcome },
    });
    if (effect.kind === "over") return raiseReconnectAlert(repositories, connectorId, code, now);
    if (effect.kind === "failed") return raiseFailingAlert(repositories, connectorId, code, effect.failures, now);
    await withdrawReconnectAlert(repositories, connectorId);
    return undefined;
  });
  if (alert) logger.error({ tenantId, ...alert.facts }, alert.message);
}
