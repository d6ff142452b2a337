import { exportAudit } from "../audit/export-audit.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { type AuditEventFilter, type PlatformRequest, platformId } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";

/** Which events somebody asks for. */
export type AuditQuery = AuditEventFilter;

/** The audit of the caller's tenant, line by line, in the order of the chain. That it was taken is in it. */
export async function* exportAuditEvents(
  services: Services,
  caller: Caller,
  filter: AuditQuery,
): AsyncGenerator<object, void> {
  await assertAllowed(services, caller, "audit-events.read");
  const facts = { action: "audit.exported", targetType: "audit", outcome: "success" } as const;
  await services.database.asTenant(caller.tenantId, ({ auditEvents }) =>
    auditEvents.append(auditOf(caller, { ...facts, details: { filter } })),
  );
  yield* exportAudit(services, caller.tenantId, filter);
}

/** {@link exportAuditEvents} for the platform: of its own audit, or of any tenant's, also one that was deleted. */
export async function* exportForPlatform(
  services: Services,
  request: PlatformRequest,
  tenantId?: string,
): AsyncGenerator<object, void> {
  const facts = { action: "audit.exported", targetType: "audit", outcome: "success" } as const;
  const event = { ...facts, ...(tenantId !== undefined && { targetId: tenantId }) };
  await services.database.asSystem(({ events }) => events.appendPlatform(event, request));
  yield* exportAudit(services, tenantId ?? platformId);
}
