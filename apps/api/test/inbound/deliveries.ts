import { createHmac } from "node:crypto";
import type { TestService, TestTenantClient } from "../support/service.js";
import { connectorData } from "../support/test-data.js";

/** One thing that Intuit tells. */
export interface ToldEvent {
  readonly id: string;
  readonly realmId: string;
  readonly recordId?: string;
}

/** A delivery in Intuit's form since 2026. */
export function cloudEvents(events: readonly ToldEvent[]): string {
  const body = events.map(({ id, realmId, recordId = "7" }) => ({
    specversion: "1.0",
    id,
    source: "intuit.test",
    type: "qbo.invoice.created.v1",
    time: "2026-11-26T10:00:00.000Z",
    intuitentityid: recordId,
    intuitaccountid: realmId,
  }));
  return JSON.stringify(body);
}

/** A delivery in the form before it, one event for each company. */
export function notifications(realmIds: readonly string[], recordId = "7"): string {
  const entities = [{ name: "Invoice", id: recordId, operation: "Create", lastUpdated: "2026-11-26T10:00:00.000Z" }];
  return JSON.stringify({
    eventNotifications: realmIds.map((realmId) => ({ realmId, dataChangeEvent: { entities } })),
  });
}

/** Delivers as Intuit does. @returns status, body as text, and how long the answer took in milliseconds. */
export async function deliver(url: string, body: string, secret: string) {
  const beganAt = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "intuit-signature": createHmac("sha256", secret).update(body).digest("base64"),
    },
    body,
  });
  const text = await response.text();
  return { status: response.status, text, tookMs: performance.now() - beganAt };
}

/** A connector that is connected to a company, as an authorisation leaves it. */
export async function connectedTo({ services }: TestService, tenant: TestTenantClient, realmId: string) {
  const { database } = services;
  const creator = { ...tenant, apiKeyId: "", apiKeyHash: "" };
  const { id } = await connectorData().quickbooks().create(database, creator);
  const facts = { status: "connected", accountId: realmId, accountName: `Company ${realmId}` } as const;
  await database.asTenant(tenant.tenantId, ({ connectors }) => connectors.recordConnection(id, facts));
  return id;
}

/** Makes an endpoint for QuickBooks. */
export async function addEndpoint(
  { api }: Pick<TestTenantClient, "api">,
  changes: object = {},
): Promise<{ readonly id: string; readonly url: string; readonly version: number }> {
  const body = { type: "quickbooks", name: "Intuit", environment: "sandbox", secret: "verifier", ...changes };
  return (await api.post("/v1/inbound-endpoints", body)).body;
}
