import type { ConnectorRow } from "../repositories/index.js";

/**
 * A connector as it is answered: every field but the credentials, of which it says only whether there are any.
 *
 * @param reconnectBefore - What its tokens say of that; `undefined` where they say nothing.
 * @param purgeAt - Of a deleted one: until then it can be restored.
 */
export function viewConnector(row: ConnectorRow, reconnectBefore: Date | undefined, purgeAt?: Date) {
  return {
    id: row.id,
    code: row.connectorCode,
    name: row.connectorName,
    type: row.connectorType,
    environment: row.environment,
    externalSystemUrl: row.externalSystemUrl,
    authenticationMethod: row.authenticationMethod,
    configuration: { ...row.configuration },
    hasCredentials: row.credentials !== null,
    active: row.isActive,
    status: row.status,
    account: row.accountId === null ? null : { id: row.accountId, name: row.accountName },
    reconnectBefore: reconnectBefore?.toISOString() ?? null,
    version: row.version,
    connectorVersion: row.connectorVersion,
    lastSyncAt: row.lastSyncAt?.toISOString() ?? null,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
    purgeAt: purgeAt?.toISOString() ?? null,
  };
}

/** See {@link viewConnector}. */
export type ConnectorView = ReturnType<typeof viewConnector>;
