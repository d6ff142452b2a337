import type { ChainedAuditEvent } from "@isthmus/core";
import type { AuditEventRow } from "../repositories/index.js";

/** All that an event says, but its tenant and its place in the chain, as it is answered. */
export function viewAuditFacts(row: Omit<AuditEventRow, "tenantId" | "chain">) {
  const { actorUserId: userId, actorApiKeyId: apiKeyId } = row;
  return {
    id: row.id,
    action: row.action,
    outcome: row.outcome,
    actor: userId === null && apiKeyId === null ? null : { userId, apiKeyId },
    target: { type: row.targetType, id: row.targetId },
    details: { ...row.details },
    ip: row.ip,
    requestId: row.requestId,
    occurredAt: row.occurredAt.toISOString(),
  };
}

/**
 * What is hashed of an event: every column that says something. An event that was sealed is hashed again for ever, so what
 * stands here stays as it is; a new column joins only where it says something.
 */
export function sealedContentOf(row: Omit<AuditEventRow, "chain">) {
  return { tenantId: row.tenantId, ...viewAuditFacts(row) };
}

/** A sealed event as it is exported and verified: one line. */
export function toAuditLine(row: AuditEventRow & { readonly chain: object }): ChainedAuditEvent {
  return { ...sealedContentOf(row), chain: row.chain };
}
