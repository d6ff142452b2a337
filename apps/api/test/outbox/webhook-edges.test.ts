import type { LookupFunction } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { pauseAfter } from "../../src/outbox/tell.js";
import { createDeliveryExpirer, createOutboxPruner } from "../../src/workers/create-pruners.js";
import { WebhookWorker } from "../../src/workers/webhook-worker.js";
import { ApiClient } from "../support/api-client.js";
import { describeOnDatabases } from "../support/databases.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { type Receiver, startReceiver } from "./receiver.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

const first = { "if-match": '"1"' };

describe("the edges of webhooks", () => {
  const get = useServerDatabase();
  let bench: WebhookService;
  let slow: Receiver;
  let client: Awaited<ReturnType<ReturnType<typeof get>["server"]["connectAsSuperuser"]>>;

  beforeAll(async () => {
    slow = await startReceiver();
    bench = await startWebhookService(get().database, { hosts: [slow.host] });
    client = await get().server.connectAsSuperuser(get().url);
  });
  afterAll(async () => {
    await client?.end();
    await bench?.close();
    await slow?.close();
  });
  beforeEach(async () => {
    bench.receiver.forget();
    await client.query("delete from webhook_endpoints");
  });

  const webhook = (changes: object = {}) => bench.webhook({ eventTypes: ["connector.*"], ...changes });
  /** Events of this tenant, each about another thing unless it is said. */
  const happen = (count: number, about?: string) =>
    get().database.asTenant(bench.tenant.tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll(
        Array.from({ length: count }, (_, n) => ({
          type: "connector.reconnected",
          about: about ?? `thing ${n}`,
          payload: { n },
        })),
      ),
    );
  const numbers = () => bench.receiver.taken.map(({ event }) => event.data.n);
  const read = async (id: string) => (await bench.tenant.api.get(`/v1/webhooks/${id}`)).body;

  it("are told at once of what their own process commits, records too, and not only when it looks again", async () => {
    await webhook({ eventTypes: ["connector.*", "record.*"] });
    const { body: schedule } = await bench.schedule("Woken");
    const ending = new AbortController();
    const working = new WebhookWorker(bench.service.services, { pollMs: 3_600_000 }).run(ending.signal);
    const arrived = (count: number) =>
      expect.poll(() => bench.receiver.taken.length, { timeout: 10_000, interval: 20 }).toBe(count);
    // The first look may find the first one; after that it rests for an hour.
    for (let count = 1; count <= 3; count += 1) {
      await happen(1);
      await arrived(count);
    }
    bench.vendor.put("Woken", "w1", { n: 1 });
    await bench.run(schedule.id);
    await arrived(4);
    ending.abort();
    await working;
  });

  it("put nothing off that waits for one which ends while somebody looks", async () => {
    await webhook();
    await happen(2, "one thing");
    const { server, url } = get();
    const [looking, landing] = [await server.connectAsSuperuser(url), await server.connectAsSuperuser(url)];
    onTestFinished(async () => {
      await Promise.all([looking.end(), landing.end()]);
    });
    for (const session of [looking, landing]) await session.query("set role isthmus_system");
    const claim = `select delivery_id as id, endpoint_id, attempt_id, true as delivered
      from isthmus_claim_webhook_deliveries(array[gen_random_uuid()], 60000, 10, 40)`;
    const { rows: held } = await landing.query(claim);
    expect(held).toHaveLength(1);
    await client.query("update webhook_deliveries set due_at = now() - interval '1 second' where attempt_id is null");
    await looking.query("begin");
    expect((await looking.query(claim)).rows).toEqual([]);
    const items = JSON.stringify(held);
    const landed = landing.query("select isthmus_land_webhook_deliveries($1::jsonb, 86400000)", [items]);
    const isWaitedFor = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
    await expect.poll(async () => (await looking.query(isWaitedFor)).rowCount, { interval: 10 }).toBe(1);
    await looking.query("commit");
    await landed;
    const left = "select due_at <= now() as due from webhook_deliveries where status = 'pending'";
    expect((await client.query(left)).rows).toEqual([{ due: true }]);
  });

  it("sign by both secrets for the overlap after a rotation, and by the new one alone after it", async () => {
    const { id, secret: old } = await webhook();
    const { status, body } = await bench.tenant.api.post(`/v1/webhooks/${id}/rotate-secret`, { overlapSeconds: 60 });
    expect([status, body.secret === old, body.previousSecretUntil !== null]).toEqual([200, false, true]);
    const signedBy = async () => {
      bench.receiver.forget();
      await happen(1);
      await bench.deliver();
      const [message] = bench.receiver.messages;
      if (message === undefined) throw new Error("Nothing was delivered.");
      return [bench.receiver.verifies(old, message), bench.receiver.verifies(body.secret, message)];
    };
    expect(await signedBy()).toEqual([true, true]);
    await client.query("update webhook_endpoints set previous_until = now() where id = $1", [id]);
    expect(await signedBy()).toEqual([false, true]);
    const last = await bench.tenant.api.post(`/v1/webhooks/${id}/rotate-secret`, { overlapSeconds: 0 });
    expect(last.body.previousSecretUntil).toBeNull();
    expect(await signedBy()).toEqual([false, false]);
  });

  it("keep their secrets when data keys are rotated, under the new key", async () => {
    const { id, secret } = await webhook();
    const keyOf = async () =>
      (await client.query("select secrets_key_id::text as key from webhook_endpoints where id = $1", [id])).rows[0]
        ?.key;
    const before = await keyOf();
    const platform = new ApiClient(bench.service.url, platformKey);
    const rotation = (await platform.post("/v1/keys/rotate", { dataKeys: true })).body;
    await bench.service.keyRotations.runOnce();
    const { status, progress } = (await platform.get(`/v1/keys/rotations/${rotation.id}`)).body;
    expect([status, progress.values.done, progress.values.failed]).toEqual([
      "completed",
      rotation.progress.values.total,
      0,
    ]);
    expect(await keyOf()).not.toBe(before);
    expect((await platform.get("/v1/keys")).body.staleValues).toBe(0);
    await happen(1);
    await bench.deliver();
    const [message] = bench.receiver.taken;
    expect(message && bench.receiver.verifies(secret, message)).toBe(true);
    await client.query("update data_keys set retired_at = now() - interval '49 hours' where status = 'retired'");
    await bench.service.keyRotations.housekeep();
    expect((await client.query("select 1 from data_keys where id = $1", [before])).rowCount).toBe(0);
  });

  it("show a secret where it is made and nowhere else", async () => {
    const { id, secret } = await webhook();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { api } = bench.tenant;
    const said = [
      await api.get(`/v1/webhooks/${id}`),
      await api.get("/v1/webhooks"),
      await api.get("/v1/audit-events"),
    ];
    await happen(1);
    await bench.deliver();
    const { rows } = await client.query("select to_jsonb(w)::text as row from webhook_endpoints w");
    const everywhere = [...said.map(({ text }) => text), ...bench.service.logLines, JSON.stringify(rows)].join("\n");
    expect(everywhere).toContain(id);
    expect(everywhere).not.toContain(secret.slice("whsec_".length, -1));
  });

  it("are refused for addresses that are not public, when they are made and when they are changed", async () => {
    const { id } = await webhook();
    for (const url of [
      "https://127.0.0.1/hook",
      "https://localhost/hook",
      "https://10.1.2.3/hook",
      "https://[::1]/hook",
      "https://169.254.169.254/latest/meta-data",
      "https://2130706433/",
      "http://hooks.example.com/hook",
      "https://user:password@hooks.example.com/hook",
    ]) {
      const made = await bench.tenant.api.post("/v1/webhooks", { url, eventTypes: ["sync.failed"] });
      const changed = await bench.tenant.api.patch(`/v1/webhooks/${id}`, { url }, first);
      expect([made.status, made.body.code, changed.body.code], url).toEqual([
        made.status,
        "FORBIDDEN_TARGET",
        "FORBIDDEN_TARGET",
      ]);
    }
    for (const url of ["ftp://hooks.example.com", "hooks", ""]) {
      expect((await bench.tenant.api.post("/v1/webhooks", { url, eventTypes: ["sync.failed"] })).status).toBe(400);
    }
  });

  it("reach no private address that a name turns out to lead to", async () => {
    const { port } = new URL(bench.receiver.url);
    const { id } = await webhook({ url: `https://hooks.example.com:${port}/hook` });
    await happen(1);
    const rebound: LookupFunction = (_name, options, callback) =>
      options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
    await bench.deliver({ lookup: rebound });
    expect(bench.receiver.messages).toEqual([]);
    const [delivery] = await bench.deliveries(id);
    expect(delivery).toMatchObject({ status: "pending", lastAttempt: { failureCode: "FORBIDDEN_TARGET" } });
  });

  it("follow no redirect, and take any other 2xx for an arrival", async () => {
    const elsewhere = await startReceiver();
    const { id } = await webhook();
    bench.receiver.react((_message, response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
      return undefined;
    });
    await happen(1);
    await bench.deliver();
    await elsewhere.close();
    expect(elsewhere.messages).toEqual([]);
    expect((await bench.deliveries(id))[0]).toMatchObject({ status: "pending", lastAttempt: { answerStatus: 307 } });
    bench.receiver.react(() => 299);
    await client.query("update webhook_deliveries set due_at = now() - interval '1 second'");
    await bench.deliver();
    expect((await bench.deliveries(id))[0]).toMatchObject({ status: "delivered" });
  });

  it("are switched off when they say that they are gone, and go on when they are switched on again", async () => {
    const { id } = await webhook();
    bench.receiver.react(() => 410);
    await happen(1);
    await bench.deliver();
    const gone = await read(id);
    expect(gone).toMatchObject({ active: false, goneAt: expect.any(String), health: { pending: 1 } });
    const { body } = await bench.tenant.api.get("/v1/audit-events?limit=5");
    expect(body.data.map(({ action }: { action: string }) => action)).toContain("webhook.switched_off");
    await happen(1); // for which nothing is kept
    bench.receiver.react(() => 200);
    await client.query("update webhook_deliveries set due_at = now() - interval '1 second'");
    expect(await bench.deliver()).toBe(0);
    const etag = { "if-match": `"${gone.version}"` };
    const on = await bench.tenant.api.patch(`/v1/webhooks/${id}`, { active: true }, etag);
    expect(on.body).toMatchObject({ active: true, goneAt: null, health: { failures: 0 } });
    expect(await bench.deliver()).toBe(1);
  });

  it("are left alone for as long as they ask with 429 and 503, all of them", async () => {
    const { id } = await webhook();
    bench.receiver.react((_message, response) => {
      response.writeHead(429, { "retry-after": "120" }).end();
      return undefined;
    });
    await happen(1, "one");
    await bench.deliver();
    await happen(1, "two");
    bench.receiver.react(() => 200);
    expect(await bench.deliver()).toBe(0);
    const { health } = await read(id);
    const pausedFor = Date.parse(health.pausedUntil) - Date.now();
    expect(pausedFor).toBeGreaterThan(60_000);
    expect(pausedFor).toBeLessThan(121_000);
    await client.query("update webhook_endpoints set not_before = now()");
    await client.query("update webhook_deliveries set due_at = now() - interval '1 second'");
    expect(await bench.deliver()).toBe(2);
    expect(await read(id)).toMatchObject({
      health: { failures: 0, failingSince: null, pausedUntil: null, pending: 0 },
    });
  });

  it("are asked less often when they fail time after time", async () => {
    const { id } = await webhook();
    bench.receiver.react(() => 500);
    await happen(40);
    const tries = await bench.deliver();
    expect(tries).toBeGreaterThanOrEqual(10);
    // Those that were under way together when it became known.
    expect(tries).toBeLessThanOrEqual(20);
    expect(await read(id)).toMatchObject({ health: { failures: tries, pausedUntil: expect.any(String), pending: 40 } });
  });

  it("hold back nobody else when they are slow", async () => {
    const held = Promise.withResolvers<void>();
    slow.react((_message, response) => {
      void held.promise.then(() => response.writeHead(204).end());
      return undefined;
    });
    const other = await bench.service.createTenant();
    const worker = new WebhookWorker(bench.service.services, { slots: 50 });
    try {
      await webhook({ url: slow.url });
      await webhook();
      await other.api.post("/v1/webhooks", { url: bench.receiver.url, eventTypes: ["connector.*"] });
      await happen(60);
      await get().database.asTenant(other.tenantId, ({ outboxEvents }) =>
        outboxEvents.append({ type: "connector.reconnected", payload: { n: "other" } }),
      );
      // The other tenant's is among the first, although so many were there before it.
      expect(await worker.beginDue()).toBe(21);
      const arrived = async () => {
        await worker.beginDue();
        return bench.receiver.taken.length;
      };
      await expect.poll(arrived, { timeout: 20_000 }).toBe(61);
      expect(slow.messages).toHaveLength(10);
    } finally {
      held.resolve();
      await worker.settle();
      await worker.close();
    }
  });

  it("are given up without a try when they took nothing for a day, and events go when they were kept long enough", async () => {
    const { id } = await webhook();
    await happen(3);
    await client.query("update webhook_deliveries set created_at = now() - interval '25 hours'");
    await createDeliveryExpirer(bench.service.services).prune();
    expect(await read(id)).toMatchObject({ health: { pending: 3, dead: 0 } }); // it may only be slow
    await client.query("update webhook_endpoints set failures = 1, failing_since = now() - interval '25 hours'");
    await createDeliveryExpirer(bench.service.services).prune();
    expect(await read(id)).toMatchObject({ health: { pending: 0, dead: 3 } });

    await client.query("update outbox_events set created_at = now() - interval '8 days'");
    await createOutboxPruner(bench.service.services).prune();
    expect(await read(id)).toMatchObject({ health: { dead: 3 } }); // somebody may want to replay them
    expect((await bench.tenant.api.post(`/v1/webhooks/${id}/replay`)).body).toEqual({ replayed: 3 });
    await createOutboxPruner(bench.service.services).prune();
    await client.query("update webhook_endpoints set failures = 0, failing_since = null");
    expect(await bench.deliver()).toBe(3);
    expect(numbers().sort()).toEqual([0, 1, 2]);
    await createOutboxPruner(bench.service.services).prune();
    expect(await bench.deliveries(id)).toEqual([]);
  });

  it("say by a test what the receiver says", async () => {
    const { id, secret } = await webhook({ active: false });
    const good = await bench.tenant.api.post(`/v1/webhooks/${id}/test`);
    expect(good.body).toMatchObject({ ok: true, answerStatus: 204, failureCode: null });
    const [message] = bench.receiver.messages;
    expect(message?.event).toMatchObject({ type: "webhook.test", data: { webhookId: id } });
    expect(message && bench.receiver.verifies(secret, message)).toBe(true);
    bench.receiver.react(() => 404);
    expect((await bench.tenant.api.post(`/v1/webhooks/${id}/test`)).body).toMatchObject({
      ok: false,
      answerStatus: 404,
    });
    bench.receiver.react((_message, response) => {
      response.destroy();
      return undefined;
    });
    const cut = (await bench.tenant.api.post(`/v1/webhooks/${id}/test`)).body;
    expect(cut).toMatchObject({ ok: false, answerStatus: null, failureCode: expect.any(String) });
  });

  it("wait for nobody longer than a receiver may take", async () => {
    const { id } = await webhook();
    bench.receiver.react(() => undefined);
    await happen(1);
    await bench.deliver({ timeoutMs: 50 });
    expect((await bench.deliveries(id))[0]).toMatchObject({ attempts: 1, lastAttempt: { failureCode: "TIMEOUT" } });
  });

  it("are taken for other connectors of the tenant only where there are such", async () => {
    const other = crypto.randomUUID();
    const answer = await bench.tenant.api.post("/v1/webhooks", {
      ...{ url: bench.receiver.url, eventTypes: ["record.*"], connectorIds: [bench.connectorId, other] },
    });
    expect([answer.status, answer.body.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("pause up to an hour between tries, longer each time", () => {
    const longest = { number: () => 1, bytes: () => Buffer.alloc(0), uuid: () => "" };
    expect([1, 2, 3, 10, 11, 30].map((attempts) => pauseAfter(attempts, longest, 3_600_000))).toEqual([
      5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000,
    ]);
  });
});

describeOnDatabases("deliveries that two workers look for", (get) => {
  let bench: WebhookService;
  beforeAll(async () => {
    bench = await startWebhookService(get().database);
  });
  afterAll(() => bench?.close());

  it("are made by one of them, and what one has lost is not stored", async () => {
    const { id } = await bench.webhook({ eventTypes: ["connector.*"] });
    await get().database.asTenant(bench.tenant.tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll(
        Array.from({ length: 20 }, (_, n) => ({ type: "connector.reconnected", about: `${n}`, payload: { n } })),
      ),
    );
    const limits = { perEndpoint: 10, perTenant: 40 };
    const claim = () => get().database.asSystem(({ webhooks }) => webhooks.claimDue(10, 60_000, limits));
    const [one, other] = [await claim(), await claim()];
    expect([one.length, other.length]).toEqual([10, 0]);
    await get().queryPastGuards(
      "update webhook_deliveries set due_at = case when attempt_id is null then now() + interval '1 hour' else now() end",
    );
    const [again] = await claim();
    const lost = one.find(({ deliveryId }) => deliveryId === again?.deliveryId);
    if (lost === undefined) throw new Error("Nothing was claimed twice.");
    const landing = { ...lost, delivered: true, answerStatus: 204, retryMs: 0 };
    expect(await get().database.asSystem(({ webhooks }) => webhooks.land([landing], 86_400_000))).toEqual([]);
    expect((await bench.deliveries(id, "&status=delivered")).length).toBe(0);
  });
});
