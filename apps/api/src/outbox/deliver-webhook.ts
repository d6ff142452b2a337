import { codeOf, type Random } from "@isthmus/core";
import type { ClaimedDelivery, DeliveryLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { LandingDesk } from "./landing-desk.js";
import { signBody, writeBody } from "./webhook-message.js";
import { openWebhookSecrets } from "./webhook-secrets.js";
import type { WebhookAnswer, WebhookSender } from "./webhook-sender.js";

const firstPauseMs = 5_000;
const longestPauseMs = 3_600_000;

/** What a delivery is made with. */
export interface DeliveryParts {
  readonly services: Services;
  readonly sender: WebhookSender;
  readonly desk: LandingDesk;
}

/**
 * Tells a webhook what a claimed delivery says, and stores what became of it. No transaction is open while the receiver is asked.
 *
 * @throws {DatabaseUnavailableError} It is tried again when its lease is over: receivers may get it twice, under one id.
 */
export async function deliverWebhook(parts: DeliveryParts, claimed: ClaimedDelivery): Promise<void> {
  const { services, desk } = parts;
  const { deliveryId, attemptId, endpointId, attempts } = claimed;
  const told = await tell(parts, claimed);
  // What this process broke off says nothing of the receiver. Somebody else takes it when its lease is over.
  if (!told.delivered && services.ending.aborted) return;
  const held = { deliveryId, attemptId, endpointId, retryMs: pauseAfter(attempts, services.random) };
  await desk.land({ ...held, ...told });
}

type Told = Omit<DeliveryLanding, "deliveryId" | "attemptId" | "endpointId" | "retryMs"> & {
  readonly retryMs?: number;
};

async function tell({ services, sender }: DeliveryParts, claimed: ClaimedDelivery): Promise<Told> {
  const { vault, clock, ending, logger } = services;
  const { deliveryId, tenantId, endpointId, url, previousSigns } = claimed;
  const about = { tenantId, endpointId, deliveryId, type: claimed.type };
  try {
    const body = writeBody(claimed);
    const secrets = await openWebhookSecrets(vault, tenantId, endpointId, claimed.secrets);
    const headers = signBody(body, { messageId: deliveryId, atMs: clock.now(), secrets, previousSigns });
    const answer = await sender.send({ endpointId, url, headers, body }, ending);
    logger.debug({ ...about, status: answer.status }, "A webhook was told an event");
    if (answer.status === 410) await noteGone(services, tenantId, endpointId);
    return judge(answer);
  } catch (error) {
    logger.debug({ ...about, err: error }, "A webhook could not be told an event; trying again");
    return { delivered: false, failureCode: codeOf(error) };
  }
}

function judge({ status, text, retryAfterMs }: WebhookAnswer): Told {
  const said = { answerStatus: status, answer: text };
  if (status >= 200 && status < 300) return { ...said, delivered: true };
  if (retryAfterMs === undefined || (status !== 429 && status !== 503)) return { ...said, delivered: false };
  // What it asks for holds for all that it is told.
  const pauseMs = Math.min(retryAfterMs, 24 * longestPauseMs);
  return { ...said, delivered: false, retryMs: pauseMs, pauseMs };
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

/** Anything up to 5 s after the first failure, up to twice as long each time, up to an hour: full jitter, so that not all come at once. */
export function pauseAfter(attempts: number, random: Random): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20)) * random.number();
}
