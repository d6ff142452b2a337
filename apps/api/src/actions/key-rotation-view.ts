import type { KeyRotationRow } from "../repositories/index.js";

/** A rotation of keys as it is answered. */
export function viewKeyRotation(row: KeyRotationRow) {
  const { id, dataKeys, keyEncryptionKeyId, status, failure, waiting, retryAt } = row;
  return {
    id,
    dataKeys,
    keyEncryptionKeyId,
    status,
    progress: {
      dataKeys: { done: row.keysDone, failed: row.keysFailed, total: row.keysTotal },
      values: { done: row.valuesDone, failed: row.valuesFailed, total: row.valuesTotal },
    },
    failure: failure && { code: failure.code, detail: failure.detail },
    waiting: waiting && { code: waiting.code, detail: waiting.detail, until: retryAt?.toISOString() ?? null },
    startedAt: row.startedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** See {@link viewKeyRotation}. */
export type KeyRotationView = ReturnType<typeof viewKeyRotation>;
