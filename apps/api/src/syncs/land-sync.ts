import type {
  ClaimedRun,
  ConnectorRow,
  NewSyncRunLine,
  SweepTarget,
  SyncRunLanding,
  SyncRunRow,
} from "../repositories/index.js";
import type { Services } from "../services.js";
import { keepsCursor } from "./open-read.js";
import { tellOfSync } from "./tell-of-sync.js";

/**
 * Stores what became of a run. Where a full one has read everything, what it has not seen is marked as deleted before; with its end
 * its cursor becomes the entity's.
 *
 * @returns `undefined`, and nothing is stored, when somebody else has the run.
 * @throws {DatabaseUnavailableError}
 */
export async function landSync(
  { database, logger, events }: Pick<Services, "database" | "logger" | "events">,
  { runId, attemptId, tenantId }: ClaimedRun,
  { connectorId, entity, mode, backfillFrom }: SyncRunRow,
  landing: SyncRunLanding,
): Promise<SyncRunRow | undefined> {
  const isDone = landing.kind === "ended" && landing.status === "succeeded";
  const target = { runId, attemptId, connectorId, entity };
  if (isDone && mode === "full") await sweepAll(database, tenantId, target);
  let connector: ConnectorRow | undefined;
  const landed = await database.asTenant(tenantId, async (repositories) => {
    const { syncRuns, syncRunLines, recordBatches, connectors, eventReads, auditEvents } = repositories;
    if (isDone && keepsCursor({ mode, backfillFrom })) await recordBatches.adoptCursor(target);
    const row = await syncRuns.land(runId, attemptId, landing);
    // Of a run that somebody else has by now, nothing is forgotten: it goes on after what it has stored.
    if (row && landing.kind === "anew") await recordBatches.clearState(connectorId, entity);
    const line = row && lineOf(landing);
    if (line) await syncRunLines.append(runId, line);
    if (row === undefined || row.endedAt === null) return row;
    // One that was deleted meanwhile has nothing to note.
    connector = await connectors.findById(connectorId);
    if (isDone && connector) await connectors.recordSync(connectorId);
    if (isDone && row.startedAt) await eventReads.markRead({ connectorId, entity }, row.startedAt);
    const { status, changed, unchanged, deleted, failed, error } = row;
    await auditEvents.append({
      action: "sync_run.ended",
      targetType: "sync_run",
      targetId: runId,
      outcome: status === "failed" ? "failure" : "success",
      details: { connectorId, entity, status, changed, unchanged, deleted, failed, ...(error && { code: error.code }) },
    });
    await tellOfSync(repositories, row);
    return row;
  });
  if (landed === undefined) {
    logger.warn({ tenantId, runId }, "A sync was taken over; what was found out about it is not stored");
  }
  if (landed?.endedAt && connector) {
    const connection = { type: connector.connectorType, tenantId, connectorId };
    const code = landed.status === "cancelled" ? "CANCELLED" : landed.error?.code;
    events.emit("sync.ended", { connection, runId, entity, ...(code !== undefined && { code }) });
  }
  return landed;
}

/** Records that are looked at in one step of a sweep. */
const sweepSize = 20_000;

/** Where it ends half-way, whoever takes the run next begins it again: what is marked stays so. */
async function sweepAll(database: Services["database"], tenantId: string, target: SweepTarget): Promise<void> {
  for (let after: string | null = "0"; after !== null; ) {
    const from: string = after;
    const step = await database.asTenant(tenantId, ({ recordBatches }) => recordBatches.sweep(target, from, sweepSize));
    after = step.next;
  }
}

function lineOf(landing: SyncRunLanding): NewSyncRunLine | undefined {
  switch (landing.kind) {
    case "ended":
      return landing.status === "failed"
        ? { event: "ended", ...landing.error }
        : { event: "ended", detail: landing.status === "succeeded" ? "Everything was read." : "It was cancelled." };
    case "anew":
      return {
        event: "begun_anew",
        code: landing.error.code,
        detail: `Everything is read again. ${landing.error.detail}`,
      };
    case "again": {
      const { error, waitMs } = landing;
      const seconds = Math.ceil(waitMs / 1_000);
      return error && { event: "waiting", code: error.code, detail: `It goes on in ${seconds} s. ${error.detail}` };
    }
  }
}
