import type { SyncRunRow } from "../repositories/index.js";

/** A run of a sync as it is answered. */
export function viewSyncRun(row: SyncRunRow) {
  const { id, connectorId, entity, mode, scheduleId, status, read, changed, unchanged, deleted, failed, error } = row;
  const beganMs = row.startedAt?.getTime();
  const seconds = beganMs === undefined ? 0 : (row.updatedAt.getTime() - beganMs) / 1_000;
  return {
    id,
    connectorId,
    entity,
    mode,
    trigger: row.trigger,
    scheduleId,
    backfillFrom: row.backfillFrom?.toISOString() ?? null,
    scheduledFor: row.tickAt?.toISOString() ?? null,
    status: row.cancelledAt !== null && row.endedAt === null ? ("cancelling" as const) : status,
    progress: { read, changed, unchanged, deleted, failed },
    recordsPerSecond: seconds > 0 ? Math.round(read / seconds) : null,
    expected: row.expected,
    estimatedEndAt: estimateEnd(row, seconds)?.toISOString() ?? null,
    error: error && { code: error.code, detail: error.detail },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** At the rate so far; of one that goes on, and whose vendor said how much there is. */
function estimateEnd({ expected, read, endedAt, updatedAt }: SyncRunRow, seconds: number): Date | undefined {
  if (expected === null || endedAt !== null || read === 0 || seconds <= 0) return undefined;
  return new Date(updatedAt.getTime() + (Math.max(0, expected - read) * seconds * 1_000) / read);
}

/** See {@link viewSyncRun}. */
export type SyncRunView = ReturnType<typeof viewSyncRun>;
