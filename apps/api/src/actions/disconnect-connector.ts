import type { ConnectorErrorCode } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
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

/** Gives the grant back at the vendor and destroys the tokens. Doing it twice does no harm. */
export async function disconnectConnector(services: Services, caller: Caller, id: string): Promise<DisconnectAnswer> {
  await assertAllowed(services, caller, "connectors.connect");
  const row = await findConnector(services, caller.tenantId, id);
  const { revoked, failure } = await services.pool.use(row, (connector) => connector.disconnect());
  await services.database.asTenant(caller.tenantId, async ({ connectors, auditEvents }) => {
    await connectors.recordConnection(id, { status: "disconnected", accountId: null, accountName: null });
    const details = { revoked, ...(failure && { code: failure.code }) };
    await auditEvents.append(connectorAudit(caller, "connector.disconnected", id, details));
  });
  return { revoked, failure: failure ? { code: failure.code, detail: failure.message } : null };
}
