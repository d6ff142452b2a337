import type { ConnectionTest } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import type { ConnectionFacts, ConnectorRow, NewAuditEvent } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * Writes down what a test of a connection has found. The first account that a connector is known to be connected to is what it is
 * bound to.
 *
 * @param row - The connector as it was tested.
 * @param by - Says in the event who asked for the test. Default: the service itself.
 * @returns it as it is now; `undefined` where the test says nothing of it, or it is gone.
 */
export async function recordTest(
  services: Pick<Services, "database" | "vault" | "logger">,
  row: ConnectorRow,
  test: ConnectionTest,
  by: (event: NewAuditEvent) => NewAuditEvent = (event) => event,
): Promise<ConnectorRow | undefined> {
  const { id, tenantId } = row;
  using digester = await RowDigester.take(services, tenantId);
  return await services.database.asTenant(tenantId, async ({ connectors, auditEvents }) => {
    const facts = factsOf(row, test);
    const before = facts && (await connectors.findById(id));
    const after = before && (await connectors.recordConnection(id, facts));
    const failed = test.checks.find((check) => !check.ok);
    const digests = digester.of("connectors", id, { before, after });
    const details = { ...(failed && { check: failed.name, code: failed.code }), ...digests };
    const outcome = test.ok ? "success" : "failure";
    await auditEvents.append(
      by({ action: "connector.tested", targetType: "connector", targetId: id, outcome, details }),
    );
    return after;
  });
}

/** What a test says of the connection; a vendor that is merely away says nothing of it. */
function factsOf({ version }: ConnectorRow, { ok, account, checks }: ConnectionTest): ConnectionFacts | undefined {
  const asked = { accountVersion: version };
  if (account) return { status: "connected", accountId: account.id, accountName: account.name, ...asked };
  if (checks.some(({ code }) => code === "RECONNECT_REQUIRED")) return { status: "reconnect_required" };
  return ok ? asked : undefined;
}
