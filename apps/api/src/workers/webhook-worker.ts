import { deliverWebhook } from "../outbox/deliver-webhook.js";
import { deliveryLivesMs, LandingDesk } from "../outbox/landing-desk.js";
import { WebhookSender, type WebhookSenderOptions } from "../outbox/webhook-sender.js";
import type { ClaimedDelivery, DeliveryLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";

/** What a test may change. */
export type WebhookWorkerLimits = DueWorkerLimits & Pick<WebhookSenderOptions, "timeoutMs" | "lookup">;

/** Longer than a receiver has for its answer, and than it takes to store it. */
const leaseMs = 60_000;
/** Under way at once, in all processes together: a slow receiver, or a tenant of many, leaves room for the others. */
const limits = { perEndpoint: 10, perTenant: 40 };

/** Tells webhooks what has happened. Default: 64 at once, looked for each second. */
export class WebhookWorker extends DueWorker<ClaimedDelivery> {
  readonly #sender: WebhookSender;

  constructor(services: Services, { timeoutMs, lookup, ...rest }: WebhookWorkerLimits = {}) {
    const { database, settings, clock, random, logger, metrics } = services;
    const { allowedPrivateHosts } = settings;
    const sender = new WebhookSender({
      ...{ allowedPrivateHosts, clock, random, logger },
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(lookup && { lookup }),
    });
    const desk = new LandingDesk<DeliveryLanding>(async (landings) => {
      const ended = await database.asSystem(({ webhooks }) => webhooks.land(landings, deliveryLivesMs));
      for (const { status } of ended) metrics.deliveries.count("webhook", status, 1);
      metrics.deliveries.count("webhook", "failed", landings.filter(({ delivered }) => !delivered).length);
    });
    const parts = { services, sender, desk };
    super(services, {
      slots: 64,
      pollMs: 1_000,
      ...rest,
      kind: "deliveries",
      what: "Due deliveries of webhooks",
      claim: (most) => database.asSystem(({ webhooks }) => webhooks.claimDue(most, leaseMs, limits)),
      work: (claim) => deliverWebhook(parts, claim),
      unstored: "What became of a delivery could not be stored; it is made again",
      facts: ({ tenantId, endpointId, deliveryId }) => ({ tenantId, endpointId, deliveryId }),
      together: 16,
    });
    this.#sender = sender;
  }

  override async run(signal: AbortSignal): Promise<void> {
    await super.run(signal);
    await this.close();
  }

  /** Ends the connections that are kept. */
  close(): Promise<void> {
    return this.#sender.close();
  }
}
