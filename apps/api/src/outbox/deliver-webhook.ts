import type { EventSink } from "@isthmus/core";
import type { ClaimedDelivery, DeliveryLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { LandingDesk } from "./landing-desk.js";
import { pauseAfter, tell } from "./tell.js";
import { signBody, writeBody } from "./webhook-message.js";
import { openWebhookSecrets } from "./webhook-secrets.js";
import type { WebhookSender } from "./webhook-sender.js";

const longestPauseMs = 3_600_000;

/** What a delivery is made with. */
export interface DeliveryParts {
  readonly services: Services;
  readonly sender: WebhookSender;
  readonly desk: LandingDesk<DeliveryLanding>;
}

/**
 * Tells a webhook what a claimed delivery says, and stores what became of it. No transaction is open while the receiver is asked.
 *
 * @throws {DatabaseUnavailableError} It is tried again when its lease is over: receivers may get it twice, under one id.
 */
export async function deliverWebhook(parts: DeliveryParts, claimed: ClaimedDelivery): Promise<void> {
  const { services, desk } = parts;
  const { deliveryId, attemptId, endpointId, tenantId, attempts, type, happenedAt, payload } = claimed;
  const event = { id: claimed.eventId, tenantId, type, happenedAt, data: payload };
  const answer = await tell(services, webhookSink(parts, claimed), event, { endpointId, deliveryId });
  // What this process broke off says nothing of the receiver. Somebody else takes it when its lease is over.
  if (!answer.taken && services.ending.aborted) return;
  const { retryAfterMs } = answer;
  await desk.land({
    ...{ deliveryId, attemptId, endpointId, delivered: answer.taken },
    ...{ answerStatus: answer.status, answer: answer.text, failureCode: answer.failureCode },
    ...{ pauseMs: retryAfterMs, retryMs: retryAfterMs ?? pauseAfter(attempts, services.random, longestPauseMs) },
  });
}

/** One webhook, for one delivery: a sink of the tenant's. */
function webhookSink({ services, sender }: DeliveryParts, claimed: ClaimedDelivery): EventSink {
  const { vault, clock } = services;
  const { deliveryId, tenantId, endpointId, url, previousSigns } = claimed;
  return {
    async deliver(event, signal) {
      const body = writeBody(event);
      const secrets = await openWebhookSecrets(vault, tenantId, endpointId, claimed.secrets);
      const headers = signBody(body, { messageId: deliveryId, atMs: clock.now(), secrets, previousSigns });
      const { status, text, retryAfterMs } = await sender.send({ endpointId, url, headers, body }, signal);
      if (status === 410) await noteGone(services, tenantId, endpointId);
      // What it asks for holds for all that it is told.
      const asks = (status === 429 || status === 503) && retryAfterMs !== undefined;
      const pause = asks && { retryAfterMs: Math.min(retryAfterMs, 24 * longestPauseMs) };
      return { taken: status >= 200 && status < 300, status, text, ...pause };
    },
  };
}

/** A receiver that says that it is gone for good is told nothing more. What waits can be sent once it is switched on again. */
async function noteGone({ database, clock, logger }: Services, tenantId: string, endpointId: string): Promise<void> {
  const row = await database.asTenant(tenantId, async ({ webhookEndpoints, auditEvents }) => {
    const row = await webhookEndpoints.noteGone(endpointId, new Date(clock.now()));
    if (row === undefined) return undefined;
    const details = { reason: "gone" };
    await auditEvents.append({
      ...{ action: "webhook.switched_off", targetType: "webhook", targetId: endpointId, outcome: "success", details },
    });
    return row;
  });
  if (row) logger.warn({ tenantId, endpointId }, "A webhook answered that it is gone, and was switched off");
}
