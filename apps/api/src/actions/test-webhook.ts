import { codeOf } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { signBody, writeBody } from "../outbox/webhook-message.js";
import { openWebhookSecrets } from "../outbox/webhook-secrets.js";
import { type WebhookAnswer, type WebhookRequest, WebhookSender } from "../outbox/webhook-sender.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { findWebhook } from "./find-webhook.js";

/** The caller waits for it. */
const timeoutMs = 10_000;

/** What became of a test. */
export interface WebhookTestView {
  /** Whether the receiver has said that it has it. */
  readonly ok: boolean;
  readonly latencyMs: number;
  /** `null` = there was no answer. */
  readonly answerStatus: number | null;
  readonly answer: string | null;
  /** Why there was none. */
  readonly failureCode: string | null;
}

/**
 * Sends the address of a webhook a signed event `webhook.test`, now and once, also while it is switched off.
 *
 * @throws {NotFoundError}
 */
export async function testWebhook(services: Services, caller: Caller, id: string): Promise<WebhookTestView> {
  await assertAllowed(services, caller, "webhooks.write");
  const { database, vault, clock } = services;
  const { tenantId } = caller;
  const row = await findWebhook(services, tenantId, id);
  const secrets = await openWebhookSecrets(vault, tenantId, id, row.secrets);
  const atMs = clock.now();
  const data = JSON.stringify({ webhookId: id });
  const body = writeBody({ id: newId(), tenantId, type: "webhook.test", happenedAt: new Date(atMs), data });
  const previousSigns = row.previousUntil !== null && row.previousUntil.getTime() > atMs;
  const headers = signBody(body, { messageId: newId(), atMs, secrets, previousSigns });
  const said = await send(services, { endpointId: id, url: row.url, headers, body });
  const failureCode = typeof said === "string" ? said : null;
  const [answerStatus, answer] = typeof said === "string" ? [null, null] : [said.status, said.text];
  const ok = answerStatus !== null && answerStatus >= 200 && answerStatus < 300;
  await database.asTenant(tenantId, ({ auditEvents }) =>
    auditEvents.append(webhookAudit(caller, "webhook.tested", id, { ok, answerStatus, failureCode })),
  );
  return { ok, latencyMs: Math.round(clock.now() - atMs), answerStatus, answer, failureCode };
}

/** The answer, or the code of why there was none. */
async function send(
  { settings, clock, random, logger, ending }: Services,
  request: WebhookRequest,
): Promise<WebhookAnswer | string> {
  const { allowedPrivateHosts } = settings;
  const sender = new WebhookSender({ allowedPrivateHosts, clock, random, logger, timeoutMs });
  try {
    return await sender.send(request, ending);
  } catch (error) {
    return codeOf(error);
  } finally {
    await sender.close();
  }
}
