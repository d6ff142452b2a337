import { type AuthenticationMethod, ConnectorError, type ConnectorErrorCode, isConnectorError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { isUnreadable } from "../errors/index.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { connectorAudit } from "./audit.js";
import { findConnector } from "./find-connector.js";

/** How a disconnection went. The local tokens are gone in any case. */
export interface DisconnectAnswer {
  /** Whether the vendor confirmed that the grant is gone there too. */
  readonly revoked: boolean;
  /** Why not, where that was tried. */
  readonly failure: { readonly code: ConnectorErrorCode; readonly detail: string } | null;
}

/**
 * Gives the grant back at the vendor and destroys the tokens. Doing it twice does no harm.
 *
 * Sealed values that do not open keep nobody from it: the tokens are destroyed unread, and `failure` says that the vendor
 * could not be told.
 *
 * @throws {ConnectorError} `UNSUPPORTED` for a method without tokens: operations would go on working.
 */
export async function disconnectConnector(services: Services, caller: Caller, id: string): Promise<DisconnectAnswer> {
  await assertAllowed(services, caller, "connectors.connect");
  const row = await findConnector(services, caller.tenantId, id);
  assertTokens(services, row);
  const { revoked, failure, unread } = await giveBack(services, caller, row);
  await services.database.asTenant(caller.tenantId, async ({ connectors, connectorTokens, auditEvents }) => {
    if (unread) await connectorTokens.clear(id);
    await connectors.recordConnection(id, { status: "disconnected", accountId: null, accountName: null });
    const details = { revoked, ...(failure && { code: failure.code }) };
    await auditEvents.append(connectorAudit(caller, "connector.disconnected", id, details));
  });
  if (unread) forget(services, row);
  return { revoked, failure: failure ? { code: failure.code, detail: failure.message } : null };
}

interface GivenBack {
  readonly revoked: boolean;
  readonly failure?: ConnectorError;
  /** The tokens do not open, so they are still stored. */
  readonly unread?: true;
}

async function giveBack(services: Services, caller: Caller, row: ConnectorRow): Promise<GivenBack> {
  try {
    return await services.pool.use(row, (connector) => connector.disconnect(), caller);
  } catch (error) {
    if (!isConnectorError(error) || !isUnreadable(error)) throw error;
    services.logger.warn({ connectorId: row.id, err: error }, "A grant is given up without a revocation");
    const message = `The vendor could not be asked to revoke the grant; revoke it there. ${error.message}`;
    return { revoked: false, unread: true, failure: new ConnectorError(error.code, message, { cause: error }) };
  }
}

/** What a connector does by itself after it was disconnected. */
function forget(services: Services, { id: connectorId, tenantId, connectorType: type }: ConnectorRow): void {
  services.pool.drop(connectorId);
  services.events.emit("connector.disconnected", { connection: { type, tenantId, connectorId }, revoked: false });
}

function assertTokens({ connectors }: Services, { connectorType, authenticationMethod }: ConnectorRow): void {
  const { authentication } = connectors.definition(connectorType);
  const method: AuthenticationMethod = authenticationMethod;
  if (authentication[method] === undefined || authentication[method].oauth !== undefined) return;
  throw new ConnectorError(
    "UNSUPPORTED",
    `The authentication method ${method} has no tokens, so there is nothing to give back. To stop the connector, PATCH it with active: false, or delete it.`,
  );
}
