import { ConflictError, NotFoundError } from "@isthmus/core";
import { openWebhookTransport } from "../outbox/webhook-sender.js";
import type { TenantRepositories, WebhookEndpointRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** The webhook of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findWebhook({ database }: Services, tenantId: string, id: string): Promise<WebhookEndpointRow> {
  const row = await database.asTenant(tenantId, ({ webhookEndpoints }) => webhookEndpoints.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such webhook.");
}

/**
 * Refuses an address by what it says of itself. What its name leads to is judged with each connection.
 *
 * @throws {ForbiddenTargetError}
 */
export async function assertTellable({ settings, clock, random, logger }: Services, url: string): Promise<void> {
  const { allowedPrivateHosts } = settings;
  const transport = openWebhookTransport({ allowedPrivateHosts, clock, random, logger }, url);
  try {
    transport.assertAllowed(url);
  } finally {
    await transport.close();
  }
}

/** Refuses connectors that the tenant does not have: a webhook would wait for them for ever. @throws {NotFoundError} */
export async function assertConnectors({ connectors }: TenantRepositories, ids: readonly string[]): Promise<void> {
  for (const id of new Set(ids)) {
    if ((await connectors.findById(id)) === undefined) throw new NotFoundError("There is no such connector.");
  }
}

/** How many webhooks a tenant may have: each is one more delivery of each event. */
export const mostWebhooks = 50;

/** @throws {ConflictError} */
export function assertRoom(count: number): void {
  if (count < mostWebhooks) return;
  throw new ConflictError(`A tenant has ${mostWebhooks} webhooks at the most. Delete one that is not needed.`);
}
