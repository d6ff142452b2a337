import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { findWebhook } from "./find-webhook.js";
import { type DeliveryView, viewDelivery } from "./webhook-view.js";

/** Dead letters of one request: a statement has its time. */
const mostAtOnce = 10_000;

/**
 * Tries a dead delivery again, at once and for another day, under its old id. Later ones of the same thing that have arrived
 * stay so: receivers go by the version.
 *
 * @throws {NotFoundError} also for another tenant's.
 * @throws {ApiError} `DELIVERY_NOT_DEAD` when it has arrived, or is still being tried.
 */
export async function replayDelivery(services: Services, caller: Caller, id: string): Promise<DeliveryView> {
  await assertAllowed(services, caller, "webhooks.replay");
  return services.database.asTenant(caller.tenantId, async ({ webhookDeliveries, auditEvents }) => {
    const row = await webhookDeliveries.replay(id);
    if (row === undefined) {
      if (await webhookDeliveries.findById(id)) throw notDead();
      throw new NotFoundError("There is no such delivery.");
    }
    const { endpointId, type } = row;
    await auditEvents.append(webhookAudit(caller, "webhook.replayed", endpointId, { deliveryId: id, type }));
    return viewDelivery(row);
  });
}

/**
 * {@link replayDelivery} of all dead deliveries of a webhook, the oldest first, up to 10 000 of them.
 *
 * @returns how many.
 * @throws {NotFoundError}
 */
export async function replayDeadDeliveries(
  services: Services,
  caller: Caller,
  id: string,
): Promise<{ readonly replayed: number }> {
  await assertAllowed(services, caller, "webhooks.replay");
  await findWebhook(services, caller.tenantId, id);
  return services.database.asTenant(caller.tenantId, async ({ webhookDeliveries, auditEvents }) => {
    const replayed = await webhookDeliveries.replayAll(id, mostAtOnce);
    await auditEvents.append(webhookAudit(caller, "webhook.replayed", id, { replayed }));
    return { replayed };
  });
}

function notDead(): ApiError {
  return new ApiError(
    "DELIVERY_NOT_DEAD",
    "This delivery has arrived, or is still being tried: there is nothing to replay.",
  );
}
