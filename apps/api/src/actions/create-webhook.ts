import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { makeWebhookSecret, sealWebhookSecrets } from "../outbox/webhook-secrets.js";
import type { WebhookEndpointSettings } from "../repositories/index.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { assertConnectors, assertRoom, assertTellable, mostWebhooks } from "./find-webhook.js";
import { viewWebhook, type WebhookWithSecret } from "./webhook-view.js";

/**
 * Makes a webhook: from the next event on its address is told what it asks for. The answer is the only time that its secret is
 * shown.
 *
 * @throws {ForbiddenTargetError} for an address that may not be told.
 * @throws {NotFoundError} for a connector that there is not.
 * @throws {ConflictError} when there are too many.
 */
export async function createWebhook(
  services: Services,
  caller: Caller,
  settings: WebhookEndpointSettings,
): Promise<WebhookWithSecret> {
  await assertAllowed(services, caller, "webhooks.write");
  await assertTellable(services, settings.url);
  const { database, vault, random } = services;
  const { tenantId, userId: createdBy } = caller;
  const id = newId();
  const secret = makeWebhookSecret(random);
  const secrets = await sealWebhookSecrets(vault, tenantId, id, { current: secret });
  using digester = await RowDigester.take(services, tenantId);
  const row = await database.asTenant(tenantId, async (work) => {
    await assertConnectors(work, settings.connectorIds);
    assertRoom((await work.webhookEndpoints.list({ limit: mostWebhooks })).rows.length);
    const created = await work.webhookEndpoints.create({ ...settings, id, secrets, createdBy });
    const { eventTypes, connectorIds, entities } = created;
    const digests = digester.of("webhook_endpoints", id, { after: created, secrets: { current: secret } });
    const details = { host: new URL(created.url).host, eventTypes, connectorIds, entities, ...digests };
    await work.auditEvents.append(webhookAudit(caller, "webhook.created", id, details));
    return created;
  });
  return { ...viewWebhook(row), secret };
}
