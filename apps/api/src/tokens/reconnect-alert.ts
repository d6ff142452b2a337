import type { ConnectorRow, TenantRepositories } from "../repositories/index.js";

/** What is logged of an alert that was written. */
export interface RaisedAlert {
  readonly message: string;
  /** What the outbox says as well. */
  readonly facts: object;
}

/** After so many failures in a row, about a quarter of an hour, a person had better look. */
const failuresUntilAlert = 10;

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
): Promise<RaisedAlert | undefined> {
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
  const reconnect = { method: "POST", path: `/v1/connectors/${connectorId}/authorize` };
  const facts = { ...factsOf(row, reason, now), reconnect };
  await outboxEvents.append({ type: "connector.reconnect_required", connectorId, payload: facts });
  return { message: "A connector needs a person to authorise it again", facts };
}

/**
 * Writes down, once, that a connector's token could not be renewed for a while: it is tried again, but what keeps failing may
 * need somebody, such as a client secret that was changed or a connector package that was removed.
 */
export async function raiseFailingAlert(
  { connectors, outboxEvents }: TenantRepositories,
  connectorId: string,
  reason: string,
  failures: number,
  now: Date,
): Promise<RaisedAlert | undefined> {
  const row = failures === failuresUntilAlert ? await connectors.findById(connectorId) : undefined;
  if (row === undefined) return undefined;
  const facts = { ...factsOf(row, reason, now), failures };
  await outboxEvents.append({ type: "connector.refresh_failing", connectorId, payload: facts });
  return { message: "A connector's token cannot be renewed", facts };
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

/** Which connector, why (a `ConnectorErrorCode`), and since when. */
function factsOf({ id, connectorCode, connectorName, connectorType: type }: ConnectorRow, reason: string, now: Date) {
  return { connectorId: id, connectorCode, connectorName, type, reason, since: now.toISOString() };
}
