import type { Caller } from "../authorization/principal.js";
import type { NewAuditEvent } from "../repositories/index.js";

/** What an audit event says beside who did it. `details` hold facts, never a secret or a record. */
export type AuditFacts = Pick<NewAuditEvent, "action" | "targetType" | "targetId" | "outcome" | "details">;

/** An audit event of what `caller` did. */
export function auditOf(caller: Caller, facts: AuditFacts): NewAuditEvent {
  return {
    actorUserId: caller.userId,
    ...(caller.apiKeyId !== undefined && { actorApiKeyId: caller.apiKeyId }),
    requestId: caller.requestId,
    ip: caller.ip,
    ...facts,
  };
}

/** What an audit event says of what was done to a connector and succeeded. */
export function connectorFacts(action: string, connectorId: string, details: object = {}): AuditFacts {
  return { action, targetType: "connector", targetId: connectorId, outcome: "success", details };
}

/** An audit event about a connector that succeeded. */
export function connectorAudit(
  caller: Caller,
  action: string,
  connectorId: string,
  details: object = {},
): NewAuditEvent {
  return auditOf(caller, connectorFacts(action, connectorId, details));
}

/** An audit event about an identity provider that succeeded. */
export function identityProviderAudit(caller: Caller, action: string, id: string, details: object): NewAuditEvent {
  return auditOf(caller, { action, targetType: "identity_provider", targetId: id, outcome: "success", details });
}

/** An audit event about a webhook that succeeded. Not its address, which may hold a secret of the receiver's. */
export function webhookAudit(caller: Caller, action: string, id: string, details: object): NewAuditEvent {
  return auditOf(caller, { action, targetType: "webhook", targetId: id, outcome: "success", details });
}
