import type { ConnectionTest } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { ConnectionFacts } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { findConnector } from "./find-connector.js";

/**
 * Asks the vendor who the connector is and whether its API answers. A vendor that refuses is a result; what is found is
 * written down.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` and the like: what keeps the vendor from being asked at all.
 */
export async function testConnector(
  services: Services,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  await assertAllowed(services, caller, "connectors.test");
  const row = await findConnector(services, caller.tenantId, id);
  const test = await services.pool.use(row, (connector) => connector.testConnection(signal), caller);
  using digester = await RowDigester.take(services, caller.tenantId);
  await services.database.asTenant(caller.tenantId, async ({ connectors, auditEvents }) => {
    const facts = factsOf(test);
    const before = facts && (await connectors.findById(id));
    const after = before && (await connectors.recordConnection(id, facts));
    const failed = test.checks.find((check) => !check.ok);
    // The first account that it is known to be connected to is what it is bound to.
    const digests = digester.of("connectors", id, { before, after });
    const details = { ...(failed && { check: failed.name, code: failed.code }), ...digests };
    const outcome = test.ok ? "success" : "failure";
    await auditEvents.append(
      auditOf(caller, { action: "connector.tested", targetType: "connector", targetId: id, outcome, details }),
    );
  });
  return test;
}

/** What a test says of the connection; a vendor that is merely away says nothing of it. */
function factsOf({ account, checks }: ConnectionTest): ConnectionFacts | undefined {
  if (account) return { status: "connected", accountId: account.id, accountName: account.name };
  if (checks.some(({ code }) => code === "RECONNECT_REQUIRED")) return { status: "reconnect_required" };
  return undefined;
}
