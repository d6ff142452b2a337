import type { Database } from "../../src/database/index.js";
import { WebhookWorker, type WebhookWorkerLimits } from "../../src/workers/webhook-worker.js";
import type { Answer } from "../support/api-client.js";
import { type FeedService, startFeedService } from "../syncs/feed/feed-service.js";
import { type Receiver, startReceiver } from "./receiver.js";

/** A service that reads a feed, with somebody who can be told. No worker runs by itself. */
export interface WebhookService extends FeedService {
  readonly receiver: Receiver;
  /** Makes a webhook to the receiver, told of records unless something else is said. */
  webhook(changes?: object): Promise<Answer["body"]>;
  /** Tells what is due, again and again until nothing is. @returns how many tries were made. */
  deliver(limits?: WebhookWorkerLimits): Promise<number>;
  /** What a webhook was told, oldest first. */
  deliveries(webhookId: string, query?: string): Promise<Answer["body"][]>;
}

/** Starts all of it on a database. */
export async function startWebhookService(
  database: Database,
  { hosts = [], ...options }: { readonly keys?: string; readonly hosts?: readonly string[] } = {},
): Promise<WebhookService> {
  const receiver = await startReceiver();
  const bench = await startFeedService(database, { ...options, hosts: [receiver.host, ...hosts] });
  const { api } = bench.tenant;
  const worker = new WebhookWorker(bench.service.services);
  const workOff = async (working: WebhookWorker) => {
    let tries = 0;
    for (let begun = 1; begun > 0; tries += begun) {
      begun = await working.beginDue();
      await working.settle();
    }
    return tries;
  };
  return {
    ...bench,
    receiver,
    async webhook(changes = {}) {
      const { body } = await api.post("/v1/webhooks", { url: receiver.url, eventTypes: ["record.*"], ...changes });
      return body;
    },
    async deliver(limits) {
      if (limits === undefined) return workOff(worker);
      const own = new WebhookWorker(bench.service.services, limits);
      const tries = await workOff(own);
      await own.close();
      return tries;
    },
    async deliveries(webhookId, query = "") {
      return (await api.get(`/v1/webhooks/${webhookId}/deliveries?limit=200${query}`)).body.data.toReversed();
    },
    async close() {
      await worker.close();
      await bench.close();
      await receiver.close();
    },
  };
}
