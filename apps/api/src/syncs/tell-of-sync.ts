import type { SyncRunRow, TenantRepositories } from "../repositories/index.js";

const types = { succeeded: "sync.completed", failed: "sync.failed", cancelled: "sync.cancelled" } as const;

/** Tells the outside how a run has ended, in the unit of work that ends it. */
export async function tellOfSync({ outboxEvents }: Pick<TenantRepositories, "outboxEvents">, run: SyncRunRow) {
  const { id: runId, connectorId, entity, mode, scheduleId, status, error } = run;
  if (status === "queued" || status === "running") return;
  const { read, changed, unchanged, deleted, failed } = run;
  await outboxEvents.append({
    ...{ type: types[status], connectorId, entity, about: `${connectorId}/${entity}` },
    payload: {
      ...{ runId, connectorId, entity, mode, scheduleId },
      counts: { read, changed, unchanged, deleted, failed },
      ...(error && { error: { code: error.code } }),
    },
  });
}
