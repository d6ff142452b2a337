import { assertAllowed, type Caller } from "../authorization/index.js";
import type { WebhookDeliveryStatus } from "../repositories/index.js";
import type { Services } from "../services.js";
import { findWebhook } from "./find-webhook.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";
import { type DeliveryView, viewDelivery, viewWebhook, type WebhookView } from "./webhook-view.js";

/** One webhook, with how it goes. @throws {NotFoundError} also for another tenant's. */
export async function getWebhook(services: Services, caller: Caller, id: string): Promise<WebhookView> {
  await assertAllowed(services, caller, "webhooks.read");
  const row = await findWebhook(services, caller.tenantId, id);
  const open = await services.database.asTenant(caller.tenantId, (work) => work.webhookEndpoints.countOpen([id]));
  return viewWebhook(row, open.get(id));
}

/** The tenant's webhooks, oldest first. */
export async function listWebhooks(
  services: Services,
  caller: Caller,
  request: ListRequest,
): Promise<ListAnswer<WebhookView>> {
  await assertAllowed(services, caller, "webhooks.read");
  const page = toPageRequest(request);
  const { found, open } = await services.database.asTenant(caller.tenantId, async ({ webhookEndpoints }) => {
    const found = await webhookEndpoints.list(page);
    return { found, open: await webhookEndpoints.countOpen(found.rows.map(({ id }) => id)) };
  });
  return toListAnswer(found, (row) => viewWebhook(row, open.get(row.id)));
}

/** What a webhook was told, or is to be, newest first. @throws {NotFoundError} */
export async function listDeliveries(
  services: Services,
  caller: Caller,
  id: string,
  { status, ...request }: ListRequest & { readonly status?: WebhookDeliveryStatus | undefined },
): Promise<ListAnswer<DeliveryView>> {
  await assertAllowed(services, caller, "webhooks.read");
  await findWebhook(services, caller.tenantId, id);
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ webhookDeliveries }) =>
    webhookDeliveries.list({ endpointId: id, ...(status && { status }) }, page),
  );
  return toListAnswer(found, viewDelivery);
}
