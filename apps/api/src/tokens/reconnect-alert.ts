import type { TenantRepositories } from "../repositories/index.js";

/** What an administrator is told when only a person can mend a connector. */
export interface ReconnectAlert {
  readonly connectorId: string;
  readonly connectorCode: string;
  readonly connectorName: string;
  readonly type: string;
  /** `ConnectorErrorCode` of what ended it. */
  readonly reason: string;
  /** ISO 8601: when it was found out. */
  readonly since: string;
  /** The request that gets the link at which a person authorises it anew. */
  readonly reconnect: { readonly method: "POST"; readonly path: string };
}

/**
 * Writes down that a connector needs a person: its status, the audit, and the outbox, in the unit of work that ends its
 * grant, so that none of them is there without the others.
 *
 * @returns what to log; `undefined` when the connector has been deleted meanwhile.
 */
export async function raiseReconnectAlert(
  { connectors, auditEvents, outboxEvents }: TenantRepositories,
  connectorId: string,
  reason: string,
  now: Date,
): Promise<ReconnectAlert | undefined> {
  await auditEvents.append({
    action: "connector.reconnect_required",
    targetType: "connector",
    targetId: connectorId,
    outcome: "failure",
    details: { code: reason },
  });
  const row = await connectors.findById(connectorId);
  if (row === undefined) return undefined;
  await connectors.recordConnection(connectorId, { status: "reconnect_required" });
  const alert: ReconnectAlert = {
    connectorId,
    connectorCode: row.connectorCode,
    connectorName: row.connectorName,
    type: row.connectorType,
    reason,
    since: now.toISOString(),
    reconnect: { method: "POST", path: `/v1/connectors/${connectorId}/authorize` },
  };
  await outboxEvents.append({ type: "connector.reconnect_required", connectorId, payload: alert });
  return alert;
}

/** Takes the alert back: the connection turned out to work. What landing tokens does by itself. */
export async function withdrawReconnectAlert(
  { connectors, outboxEvents }: TenantRepositories,
  connectorId: string,
): Promise<void> {
  if ((await connectors.findById(connectorId)) === undefined) return;
  await connectors.recordConnection(connectorId, { status: "connected" });
  await outboxEvents.append({ type: "connector.reconnected", connectorId, payload: { connectorId } });
}
