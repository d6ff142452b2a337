import type { AuditHead } from "@isthmus/core";
import { type AuditProgress, type AuditReport, verifyAudit as verify } from "../audit/verify-audit.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";

/** What a verification found, as it is answered. */
export type AuditReportView = ReturnType<typeof viewReport>;

/** Looks over the chain of the caller's tenant. Gives how far it is, and at last what was found. */
export async function* verifyAuditChain(
  services: Services,
  caller: Caller,
  expected?: AuditHead,
): AsyncGenerator<AuditProgress, AuditReportView> {
  await assertAllowed(services, caller, "audit-events.read");
  const report = viewReport(yield* verify(services, caller.tenantId, expected));
  const { ok, events, break: broken } = report;
  const details = { events, ...(broken && { break: { kind: broken.kind, seq: broken.seq } }) };
  const facts = {
    action: "audit.verified",
    targetType: "audit",
    outcome: ok ? "success" : "failure",
    details,
  } as const;
  await services.database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(auditOf(caller, facts)));
  return report;
}

/** {@link verifyAuditChain} for the platform: of any tenant, also one that was deleted. */
export async function* verifyAuditChainOf(
  services: Services,
  tenantId: string,
  expected?: AuditHead,
): AsyncGenerator<AuditProgress, AuditReportView> {
  return viewReport(yield* verify(services, tenantId, expected));
}

function viewReport({ ok, events, head, signedHead, isKeyHeld, break: broken, unsealed }: AuditReport) {
  return {
    ok,
    events,
    break: broken && { ...broken },
    lastEvent: { ...head },
    head: signedHead === undefined ? null : { ...signedHead },
    keyHeld: isKeyHeld,
    unsealed: { events: unsealed.count, oldestForMs: unsealed.oldest?.ageMs ?? null },
  };
}
