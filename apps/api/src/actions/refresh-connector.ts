import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { connectorAudit } from "./audit.js";
import { findConnector } from "./find-connector.js";

/** What a renewal brought; never the token. */
export interface RefreshAnswer {
  /** ISO 8601; `null` when the vendor does not say. */
  readonly expiresAt: string | null;
  /** Counts the connector's token sets. */
  readonly tokenVersion: number;
}

/**
 * Renews the access token now, whether it is due or not.
 *
 * @throws {ConnectorError} `RECONNECT_REQUIRED` when the grant is gone, `UNSUPPORTED` for a method without tokens.
 */
export async function refreshConnector(
  services: Services,
  caller: Caller,
  id: string,
  signal: AbortSignal,
): Promise<RefreshAnswer> {
  await assertAllowed(services, caller, "connectors.connect");
  const row = await findConnector(services, caller.tenantId, id);
  const token = await services.pool.use(row, (connector) => connector.refreshToken(signal), caller);
  await services.database.asTenant(caller.tenantId, ({ auditEvents }) =>
    auditEvents.append(connectorAudit(caller, "connector.refreshed", id, { tokenVersion: token.version })),
  );
  return {
    expiresAt: token.expiresAtMs === undefined ? null : new Date(token.expiresAtMs).toISOString(),
    tokenVersion: token.version,
  };
}
