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
    scheduleId,
    scheduledFor: row.tickAt?.toISOString() ?? null,
    status: row.cancelledAt !== null && row.endedAt === null ? ("cancelling" as const) : status,
    progress: { read, changed, unchanged, deleted, failed },
    recordsPerSecond: seconds > 0 ? Math.round(read / seconds) : null,
    error: error && { code: error.code, detail: error.detail },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** See {@link viewSyncRun}. */
export type SyncRunView = ReturnType<typeof viewSyncRun>;
