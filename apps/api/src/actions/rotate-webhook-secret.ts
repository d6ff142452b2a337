import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { makeWebhookSecret, openWebhookSecrets, sealWebhookSecrets } from "../outbox/webhook-secrets.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { findWebhook } from "./find-webhook.js";
import { viewWebhook, type WebhookWithSecret } from "./webhook-view.js";

/** For how long both secrets sign when the caller does not say, and at the most, in seconds. */
export const secretOverlap = { default: 86_400, max: 7 * 86_400 } as const;

/**
 * Gives a webhook a new secret. For the overlap every message has two signatures, so that receivers can be given the new secret
 * one after the other. The answer is the only time that it is shown.
 *
 * @param overlapSeconds - 0: the present secret signs no more, as after it got into wrong hands.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED` when somebody else changes it at the same time.
 */
export async function rotateWebhookSecret(
  services: Services,
  caller: Caller,
  id: string,
  overlapSeconds: number = secretOverlap.default,
): Promise<WebhookWithSecret> {
  await assertAllowed(services, caller, "webhooks.write");
  const { database, vault, random } = services;
  const { tenantId } = caller;
  const row = await findWebhook(services, tenantId, id);
  // One that replaces all needs none of them: they may not open any more, their key lost.
  const previous =
    overlapSeconds > 0 ? (await openWebhookSecrets(vault, tenantId, id, row.secrets)).current : undefined;
  const secret = makeWebhookSecret(random);
  const secrets = await sealWebhookSecrets(vault, tenantId, id, { current: secret, ...(previous && { previous }) });
  using digester = await RowDigester.take(services, tenantId);
  const { rotated, open } = await database.asTenant(tenantId, async ({ webhookEndpoints, auditEvents }) => {
    const rotated = await webhookEndpoints.changeSecrets(id, row.secrets, secrets, overlapSeconds);
    if (rotated === undefined) {
      throw new ApiError("PRECONDITION_FAILED", "Somebody else is changing this webhook's secret. Repeat.");
    }
    const digests = digester.of("webhook_endpoints", id, { secrets: { current: secret } });
    await auditEvents.append(webhookAudit(caller, "webhook.secret_rotated", id, { overlapSeconds, ...digests }));
    return { rotated, open: await webhookEndpoints.countOpen([id]) };
  });
  return { ...viewWebhook(rotated, open.get(id)), secret };
}
