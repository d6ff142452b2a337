import { viewAuditFacts } from "../audit/audit-line.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { AuditEventFilter, AuditEventRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The audit log of the caller's tenant, newest first. */
export async function listAuditEvents(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: AuditEventFilter },
) {
  await assertAllowed(services, caller, "audit-events.read");
  const page = toPageRequest(request);
  return toListAnswer(
    await services.database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.list(filter, page)),
    viewAuditEvent,
  );
}

/** An audit event as it is answered. */
export function viewAuditEvent(row: Omit<AuditEventRow, "tenantId">) {
  return { ...viewAuditFacts(row), chain: row.chain && { ...row.chain } };
}
