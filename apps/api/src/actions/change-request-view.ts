import type { ChangeCommentRow, ChangeRequestRow } from "../repositories/index.js";

/** A change request as it is answered: of secrets, only which fields change. */
export function viewChangeRequest(row: ChangeRequestRow) {
  const { emergencyReason } = row;
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    target: { type: row.targetType, id: row.targetId, name: row.targetName, version: row.targetVersion },
    connectorType: row.connectorType,
    diff: [...row.diff],
    payloadDigest: row.payloadDigest,
    emergency: emergencyReason === null ? null : { reason: emergencyReason, confirmedBy: row.confirmedBy },
    requestedBy: row.requestedBy,
    decidedBy: row.decidedBy,
    decisionReason: row.decisionReason,
    version: row.version,
    expiresAt: row.expiresAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}

/** See {@link viewChangeRequest}. */
export type ChangeRequestView = ReturnType<typeof viewChangeRequest>;

/** A comment as it is answered. */
export function viewComment({ id, createdBy, text, createdAt }: ChangeCommentRow) {
  return { id, createdBy, text, createdAt: createdAt.toISOString() };
}
