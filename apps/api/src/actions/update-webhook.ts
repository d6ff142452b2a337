import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { WebhookEndpointSettings } from "../repositories/index.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { assertConnectors, assertTellable, findWebhook } from "./find-webhook.js";
import { viewWebhook, type WebhookView } from "./webhook-view.js";

/**
 * Changes a webhook, from the next event on. What waits for it goes to its new address. Switched off, nothing is kept for it; on
 * again, its failures are forgotten and what waits is tried at once.
 *
 * @param changes - What is missing stays.
 * @throws {NotFoundError}
 * @throws {ForbiddenTargetError} for an address that may not be told.
 * @throws {ApiError} `PRECONDITION_FAILED` when it is not at `expectedVersion` any more.
 */
export async function updateWebhook(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  changes: Partial<WebhookEndpointSettings>,
): Promise<WebhookView> {
  await assertAllowed(services, caller, "webhooks.write");
  if (changes.url !== undefined) await assertTellable(services, changes.url);
  const row = await findWebhook(services, caller.tenantId, id);
  using digester = await RowDigester.take(services, caller.tenantId);
  const { updated, open } = await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async (work) => {
      const { webhookEndpoints, auditEvents } = work;
      await assertConnectors(work, changes.connectorIds ?? []);
      const updated = await webhookEndpoints.update(id, expectedVersion, { ...row, ...changes });
      const { url, description: _, ...told } = changes;
      const digests = digester.of("webhook_endpoints", id, { before: row, after: updated });
      const details = { ...told, ...(url !== undefined && { host: new URL(url).host }), ...digests };
      await auditEvents.append(webhookAudit(caller, "webhook.updated", id, details));
      return { updated, open: await webhookEndpoints.countOpen([id]) };
    }),
  );
  return viewWebhook(updated, open.get(id));
}
