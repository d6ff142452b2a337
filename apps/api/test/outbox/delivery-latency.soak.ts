import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebhookWorker } from "../../src/workers/webhook-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import type { TestTenantClient } from "../support/service.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

/** Messages a second while the time of each is taken, and messages at once to see how many a second there may be. */
const calmRate = 20;
const calmChanges = 60;
const atOnce = 2_000;

describe("from a change to its webhook", { timeout: 600_000 }, () => {
  const get = useServerDatabase();
  let bench: WebhookService;
  let tenants: readonly TestTenantClient[];

  beforeAll(async () => {
    bench = await startWebhookService(get().database);
    // A tenant has fifty webhooks at the most.
    tenants = [bench.tenant, await bench.service.createTenant()];
  });
  afterAll(() => bench?.close());

  /** Changes of different records of a tenant, committed together. */
  const happen = ({ tenantId }: TestTenantClient, count: number) =>
    get().database.asTenant(tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll(
        Array.from({ length: count }, () => ({
          ...{ type: "record.updated" as const, entity: "Thing", about: crypto.randomUUID() },
          payload: { entity: "Thing", record: { Name: "x".repeat(400) }, atMs: Date.now() },
        })),
      ),
    );

  /** Tells so many webhooks, by a worker of this process or by one that only looks each second. */
  async function measure(webhooks: number, isWoken: boolean) {
    const { receiver } = bench;
    const told = tenants.slice(0, Math.ceil(webhooks / 50));
    receiver.forget();
    const everyMs = (1_000 * webhooks) / calmRate;
    const changes = Math.max(10, Math.round(calmChanges / webhooks));
    const together = Math.round(atOnce / webhooks);
    const made = await Promise.all(
      Array.from({ length: webhooks }, async (_, n) => {
        const api = told[n % told.length]?.api ?? bench.tenant.api;
        const { status, body } = await api.post("/v1/webhooks", { url: receiver.url, eventTypes: ["record.*"] });
        expect(status).toBe(201);
        return { api, ...body };
      }),
    );
    const { services } = bench.service;
    const database = { ...services.database, whenDue: () => () => undefined };
    const worker = new WebhookWorker(isWoken ? services : { ...services, database });
    const ending = new AbortController();
    const working = worker.run(ending.signal);
    const lateMs: number[] = [];
    receiver.react(({ event }) => {
      lateMs.push(Date.now() - event.data.atMs);
      return 204;
    });
    const arrived = (count: number) =>
      expect.poll(() => lateMs.length, { timeout: 60_000, interval: 20 }).toBe(count * webhooks);
    for (let n = 0; n < changes; n += 1) {
      for (const each of told) await happen(each, 1);
      await services.clock.sleep(everyMs);
    }
    await arrived(changes);
    const sorted = lateMs.toSorted((one, other) => one - other);
    const [p50 = 0, p99 = 0] = [0.5, 0.99].map((part) => sorted[Math.floor(part * (sorted.length - 1))]);
    const beganAtMs = performance.now();
    for (const each of told) await happen(each, together);
    await arrived(changes + together);
    const seconds = (performance.now() - beganAtMs) / 1_000;
    ending.abort();
    await working;
    for (const { api, id, version } of made) {
      const { status } = await api.delete(`/v1/webhooks/${id}`, { "if-match": `"${version}"` });
      expect(status).toBe(204);
    }
    const rate = Math.round((together * webhooks) / seconds);
    process.stdout.write(
      `${webhooks} webhooks${isWoken ? "" : ", by a worker that is not woken"}: p50 ${p50} ms, p99 ${p99} ms of ${sorted.length} messages, ${calmRate} a second; ${rate} messages a second of ${together} changes at once\n`,
    );
    return { p50, p99 };
  }

  it("takes milliseconds by a worker that is woken, and about a second by one that only looks", async () => {
    const one = await measure(1, true);
    await measure(10, true);
    await measure(100, true);
    const other = await measure(1, false);
    expect(one.p50).toBeLessThan(other.p50);
  });
});
