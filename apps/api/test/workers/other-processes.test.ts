import { LocalKeyring, silentLogger, systemClock } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/database/open-database.js";
import { openServer } from "../../src/database/server.js";
import type { DueWorkerLimits } from "../../src/workers/due-worker.js";
import { OperationRunWorker } from "../../src/workers/operation-run-worker.js";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { WebhookWorker } from "../../src/workers/webhook-worker.js";
import { startWebhookService, type WebhookService } from "../outbox/webhook-service.js";
import { loads } from "../support/loads/loads-connector.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService } from "../support/service.js";
import { feed } from "../syncs/feed/feed-connector.js";

/** So rarely that what is done is not done because somebody looked. */
const neverLooks: DueWorkerLimits = { pollMs: 600_000 };

describe("work that another process asks for", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  const ending = new AbortController();
  const working: Promise<void>[] = [];
  /** What the connection of the worker's process sleeps for; while it is held, no connection is opened again. */
  let mayConnect = Promise.resolve();
  /** The one that is asked, and has no worker. */
  let asked: WebhookService;
  let worker: TestService;
  let database: Database;

  beforeAll(async () => {
    const clock = {
      now: () => systemClock.now(),
      sleep: (ms: number, signal?: AbortSignal) => (ms === 1_000 ? mayConnect : systemClock.sleep(ms, signal)),
    };
    asked = await startWebhookService(get().database, { keys });
    database = createDatabase(await openServer(get().url, { logger: silentLogger, clock }));
    worker = await startTestService(database, {
      connectors: [feed, loads],
      keys,
      // So long that no wish is noticed by the renewal of a lease.
      settings: { allowedPrivateHosts: [asked.vendor.host, asked.receiver.host], runLeaseMs: 600_000 },
    });
    const { services } = worker;
    for (const each of [SyncWorker, OperationRunWorker, WebhookWorker]) {
      working.push(new each(services, neverLooks).run(ending.signal));
    }
  });
  afterAll(async () => {
    ending.abort();
    await Promise.all(working);
    await worker?.close();
    await database?.close();
    await asked?.close();
  });

  /** @returns how many rows it is about. */
  async function asSuperuser(sql: string): Promise<number> {
    const client = await get().server.connectAsSuperuser(get().url);
    const { rowCount } = await client.query(sql);
    await client.end();
    return rowCount ?? 0;
  }
  const sessions = "from pg_stat_activity where datname = current_database() and application_name = 'isthmus-work'";
  /** Connections by which processes tell and hear. The one that is asked has none before it tells something. */
  const channels = () => asSuperuser(`select ${sessions}`);

  /** Has a read run. @returns a way to ask how it stands. */
  async function ask(entity: string): Promise<() => Promise<string>> {
    const { schedule, tenant } = asked;
    const { body } = await schedule(entity);
    const { body: run } = await tenant.api.post(`/v1/schedules/${body.id}/run`, {});
    return async () => (await tenant.api.get(`/v1/sync-runs/${run.id}`)).body.status;
  }

  it("is begun at once: runs of syncs, and what webhooks are told of them", async () => {
    await asked.webhook({ eventTypes: ["sync.completed"] });
    for (const entity of ["First", "Second"]) {
      await expect.poll(await ask(entity), { timeout: 20_000 }).toBe("succeeded");
    }
    await expect.poll(() => asked.receiver.taken.length, { timeout: 20_000 }).toBe(2);
  });

  it("is begun at once: operation runs, and what a webhook is to be told again", async () => {
    const { tenant, connectorId, receiver, webhook, deliveries } = asked;
    const path = `/v1/connectors/${connectorId}/records`;
    const { body: run } = await tenant.api.post(path, { entity: "First", records: [{ record: { name: "new" } }] });
    const read = async () => (await tenant.api.get(`/v1/operation-runs/${run.id}`)).body.status;
    await expect.poll(read, { timeout: 20_000 }).toBe("succeeded");

    const { id } = await webhook({ eventTypes: ["connector.*"] });
    await get().database.asTenant(tenant.tenantId, ({ outboxEvents }) =>
      outboxEvents.append({ type: "connector.health_changed", connectorId, payload: { told: "again" } }),
    );
    const told = () => receiver.messages.filter(({ event }) => event.data.told === "again").length;
    await expect.poll(told, { timeout: 20_000 }).toBe(1);
    await expect.poll(async () => (await deliveries(id))[0].status).toBe("delivered");
    await asSuperuser(`update webhook_deliveries set status = 'dead' where endpoint_id = '${id}'`);
    expect((await tenant.api.post(`/v1/webhooks/${id}/replay`, {})).body).toEqual({ replayed: 1 });
    await expect.poll(told, { timeout: 20_000 }).toBe(2);
  });

  it("is ended at once where somebody wishes it: a sync whose vendor keeps it waiting", async () => {
    const { schedule, tenant, vendor } = asked;
    const waits = vendor.hold(0);
    const { body } = await schedule("Slow");
    const { body: run } = await tenant.api.post(`/v1/schedules/${body.id}/run`, {});
    await waits;
    await tenant.api.post(`/v1/sync-runs/${run.id}/cancel`, {});
    const status = async () => (await tenant.api.get(`/v1/sync-runs/${run.id}`)).body.status;
    await expect.poll(status, { timeout: 20_000 }).toBe("cancelled");
    vendor.release();
  });

  it("is found by looking while nobody tells of it, and begun at once again when the database can be listened to", async () => {
    await expect.poll(await ask("Before"), { timeout: 20_000 }).toBe("succeeded");
    await expect.poll(channels, { timeout: 20_000 }).toBe(2);
    const held = Promise.withResolvers<void>();
    mayConnect = held.promise;
    expect(await asSuperuser(`select pg_terminate_backend(pid) ${sessions}`)).toBe(2);
    // The one that asks has its own again.
    await expect.poll(channels, { timeout: 20_000 }).toBe(1);
    const missed = await ask("Third");
    const looking = new AbortController();
    const looks = new SyncWorker(worker.services, { pollMs: 20 }).run(looking.signal);
    await expect.poll(missed, { timeout: 20_000 }).toBe("succeeded");
    looking.abort();
    await looks;

    const waiting = await ask("Fourth");
    expect(await waiting()).toBe("queued");
    held.resolve();
    // It may have been told of while it was not listened to.
    await expect.poll(waiting, { timeout: 20_000 }).toBe("succeeded");
    await expect.poll(await ask("Fifth"), { timeout: 20_000 }).toBe("succeeded");
  });
});
