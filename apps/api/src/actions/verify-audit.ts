import type { AuditHead } from "@isthmus/core";
import { type AuditProgress, type AuditReport, verifyAudit as verify } from "../audit/verify-audit.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { type PlatformRequest, platformId } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type AuditFacts, auditOf } from "./audit.js";

/** What a verification found, as it is answered. */
export type AuditReportView = ReturnType<typeof viewReport>;

/** Looks over the chain of the caller's tenant. Gives how far it is, and at last what was found. */
export async function* verifyAuditChain(
  services: Services,
  caller: Caller,
  expected?: AuditHead,
): AsyncGenerator<AuditProgress, AuditReportView> {
  await assertAllowed(services, caller, "audit-events.read");
  const report = yield* verify(services, caller.tenantId, expected);
  const event = auditOf(caller, factsOf(report));
  await services.database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(event));
  return viewReport(report);
}

/** {@link verifyAuditChain} for the platform: of its own audit, or of any tenant's, also one that was deleted. */
export async function* verifyForPlatform(
  services: Services,
  request: PlatformRequest,
  { tenantId, expectHead }: { readonly tenantId?: string | undefined; readonly expectHead?: AuditHead | undefined },
): AsyncGenerator<AuditProgress, AuditReportView> {
  const report = yield* verify(services, tenantId ?? platformId, expectHead);
  const facts = { ...factsOf(report), ...(tenantId !== undefined && { targetId: tenantId }) };
  await services.database.asSystem(({ events }) => events.appendPlatform(facts, request));
  return viewReport(report);
}

function factsOf({ ok, events, break: broken }: AuditReport): AuditFacts {
  const details = { events, ...(broken && { break: { kind: broken.kind, seq: broken.seq } }) };
  return { action: "audit.verified", targetType: "audit", outcome: ok ? "success" : "failure", details };
}

function viewReport(report: AuditReport) {
  const { ok, events, head, publicKeys, signedHead, isKeyHeld, break: broken, unsealed } = report;
  return {
    ok,
    events,
    break: broken && { ...broken },
    lastEvent: { ...head },
    head: signedHead === undefined ? null : { ...signedHead },
    publicKeys: [...publicKeys],
    keyHeld: isKeyHeld,
    unsealed: { events: unsealed.count, oldestForMs: unsealed.oldest?.ageMs ?? null },
  };
}
