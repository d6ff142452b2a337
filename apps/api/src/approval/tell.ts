import { type AuditFacts, auditOf } from "../actions/audit.js";
import type { RowDigester } from "../audit/row-digester.js";
import type { Caller } from "../authorization/index.js";
import type { ChangeRequestRow, NewAuditEvent, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { AuditNote, ChangeTarget } from "./change-kind.js";

/** Whom an audit event names as who did it. */
export type Author = (facts: AuditFacts) => NewAuditEvent;

/** A person, by a request. */
export function byCaller(caller: Caller): Author {
  return (facts) => auditOf(caller, facts);
}

/** The service itself. */
export const byService: Author = (facts) => facts;

const tables = { connector: "connectors", inbound_endpoint: "inbound_endpoints", schedule: "sync_schedules" } as const;

/** Writes what a change does to its target, with the request that it came by, where it came by one. */
export function noteOf(
  { auditEvents }: TenantRepositories,
  author: Author,
  digester: RowDigester,
  { type, id }: Pick<ChangeTarget, "type" | "id">,
  request?: Pick<ChangeRequestRow, "id" | "requestedBy">,
): AuditNote {
  const origin = request && { changeRequestId: request.id, requestedBy: request.requestedBy };
  const about = { targetType: type, targetId: id, outcome: "success" } as const;
  return async (action, facts, row) => {
    const details = { ...facts, ...digester.of(tables[type], id, row), ...origin };
    await auditEvents.append(author({ ...about, action, details }));
  };
}

/** What happened to a change request. */
export type ChangeEvent =
  | "requested"
  | "commented"
  | "approved"
  | "rejected"
  | "withdrawn"
  | "expired"
  | "stale"
  | "emergency"
  | "confirmed_once"
  | "confirmed"
  | "rolled_back"
  | "rollback_failed";

/** Writes down what happened to a request: the audit, and the outbox, in the unit of work in which it happens. */
export async function tellOfChange(
  { auditEvents, outboxEvents }: TenantRepositories,
  author: Author,
  event: ChangeEvent,
  row: ChangeRequestRow,
  facts: object = {},
): Promise<void> {
  const { id, kind, targetType, targetId, targetVersion, targetName, payloadDigest, requestedBy } = row;
  const action = `change_request.${event}` as const;
  const about = { kind, target: { type: targetType, id: targetId, version: targetVersion }, requestedBy };
  await auditEvents.append(
    author({
      action,
      targetType: "change_request",
      targetId: id,
      outcome: "success",
      details: { ...about, payloadDigest, ...facts },
    }),
  );
  await outboxEvents.append({
    type: action,
    ...(targetType === "connector" && { connectorId: targetId }),
    about: id,
    payload: { changeRequestId: id, ...about, targetName, status: row.status, ...facts },
  });
}

/** Tells listeners in this process that a request was decided. */
export function emitDecided({ events }: Pick<Services, "events">, row: ChangeRequestRow): void {
  events.emit("change.decided", { connection: connectionOf(row), changeRequestId: row.id, status: row.status });
}

/** What events of a request are about. */
export function connectionOf({ connectorType: type, tenantId, targetType, targetId }: ChangeRequestRow) {
  return { type, tenantId, ...(targetType === "connector" && { connectorId: targetId }) };
}
