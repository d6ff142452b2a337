import type { OperationRunRow } from "../repositories/index.js";

/** A run as it is answered; its output is there where it alone is read, and it has succeeded with one. */
export function viewOperationRun(row: OperationRunRow, output?: unknown) {
  const { id, connectorId, operation, status, processed, failed, total, error, createdBy } = row;
  return {
    id,
    connectorId,
    operation,
    status,
    progress: { processed, failed, total },
    error: error && { code: error.code, detail: error.detail },
    ...(output !== undefined && { output }),
    createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** See {@link viewOperationRun}. */
export type OperationRunView = ReturnType<typeof viewOperationRun>;
