import { assertAllowed, type Caller } from "../authorization/index.js";
import { isUntried } from "../health/assess.js";
import type { Services } from "../services.js";
import { findConnector } from "./find-connector.js";

/** How a connector is, as it was last looked at: once a minute while it is switched on. @throws {NotFoundError} */
export async function getConnectorHealth(services: Services, caller: Caller, id: string) {
  await assertAllowed(services, caller, "connectors.read");
  await findConnector(services, caller.tenantId, id);
  const row = await services.database.asTenant(caller.tenantId, ({ connectorHealth }) => connectorHealth.find(id));
  const { facts = {}, limits = {} } = row ?? {};
  const { succeeded = 0, failed = 0 } = facts;
  const isKnown = row?.state && !(row.state === "healthy" && isUntried(facts));
  return {
    state: isKnown ? row.state : ("unknown" as const),
    since: row?.since?.toISOString() ?? null,
    reasons: row?.reasons.map(({ state, code, detail }) => ({ state, code, detail })) ?? [],
    lastSuccessAt: row?.lastSuccessAt?.toISOString() ?? null,
    lastFailure:
      row?.lastFailureAt && row.lastFailureCode
        ? { at: row.lastFailureAt.toISOString(), code: row.lastFailureCode }
        : null,
    calls: { succeeded, failed, errorRate: succeeded + failed === 0 ? null : failed / (succeeded + failed) },
    token: facts.token
      ? { status: facts.token, expiresAt: facts.tokenExpiresAt ?? null, failedRenewals: facts.tokenFailures ?? 0 }
      : null,
    limits: Object.entries(limits).map(([name, { used, max, at }]) => ({ name, used, max, at })),
    lateSeconds: facts.lateSeconds ?? 0,
    checkedAt: row?.checkedAt?.toISOString() ?? null,
  };
}
