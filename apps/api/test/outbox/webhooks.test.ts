import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { describeOnDatabases } from "../support/databases.js";
import type { ReceivedMessage } from "./receiver.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

describeOnDatabases("webhooks", (get) => {
  let bench: WebhookService;
  let entity: string;

  beforeAll(async () => {
    bench = await startWebhookService(get().database);
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    entity = `Thing${newId().slice(-6)}`;
    bench.receiver.forget();
    await get().queryPastGuards("delete from webhook_endpoints");
  });

  const put = (id: string, name: string) => bench.vendor.put(entity, id, { name });
  const sync = async (changes: object = {}) => bench.run((await bench.schedule(entity, changes)).body.id);
  const versions = (messages: readonly ReceivedMessage[]) =>
    messages.map(({ event: { type, data } }) => [type, data.externalId, data.version, data.record?.name ?? null]);
  const later = (id: string) =>
    get().queryPastGuards("update webhook_deliveries set due_at = now() - interval '1 second' where id = $1::uuid", id);

  it("are told each version of each record, signed, with what it was then", async () => {
    const { secret, id } = await bench.webhook();
    for (const each of ["a", "b"]) put(each, `${each}1`);
    await sync();
    put("a", "a2");
    bench.vendor.remove(entity, "b");
    await sync();
    expect(await bench.deliver()).toBe(4);

    const { taken } = bench.receiver;
    expect(versions(taken).toSorted((one, other) => Number(one[2]) - Number(other[2]))).toEqual([
      ["record.created", "a", "1", "a1"],
      ["record.created", "b", "2", "b1"],
      ["record.updated", "a", "3", "a2"],
      ["record.deleted", "b", "4", null],
    ]);
    for (const message of taken) expect(bench.receiver.verifies(secret, message)).toBe(true);
    expect(taken[0]?.event).toMatchObject({
      timestamp: expect.stringMatching(/Z$/),
      tenantId: bench.tenant.tenantId,
      data: { connectorId: bench.connectorId, entity, change: "created", recordOmitted: false },
    });
    const deliveries = await bench.deliveries(id);
    expect(deliveries.map(({ status, attempts, lastAttempt }) => [status, attempts, lastAttempt.answerStatus])).toEqual(
      Array.from({ length: 4 }, () => ["delivered", 1, 204]),
    );
    expect(new Set(deliveries.map((each) => each.id))).toEqual(new Set(taken.map((each) => each.id)));
  });

  it("get what is about one record in its order, and what is about others meanwhile", async () => {
    const { id } = await bench.webhook();
    put("a", "a1");
    await sync();
    for (const each of ["a", "b"]) put(each, `${each}2`);
    await sync();
    put("a", "a3");
    await sync();
    bench.receiver.react(({ event }) => (event.data.version === "1" ? 500 : 200));
    await bench.deliver();
    expect(versions(bench.receiver.messages)).toEqual([
      ["record.created", "a", "1", "a1"],
      ["record.created", "b", "3", "b2"],
    ]);
    const [first] = await bench.deliveries(id);
    expect(first).toMatchObject({ status: "pending", attempts: 1, lastAttempt: { answerStatus: 500 } });

    bench.receiver.react(() => 200);
    await later(first.id);
    await bench.deliver();
    const ofA = bench.receiver.taken.filter(({ event }) => event.data.externalId === "a");
    expect(versions(ofA).map(([, , version]) => version)).toEqual(["1", "2", "4"]);
    // The same message, not a new one.
    expect(bench.receiver.messages.filter((each) => each.id === first.id)).toHaveLength(2);
  });

  it("are tried for a day, then given up, and go on with what comes after; what was given up can be replayed", async () => {
    const { id } = await bench.webhook();
    put("a", "a1");
    await sync();
    put("a", "a2");
    await sync();
    bench.receiver.react(({ event }) => (event.data.version === "1" ? 500 : 200));
    await bench.deliver();
    const [first] = await bench.deliveries(id);
    await get().queryPastGuards(
      `update webhook_deliveries set created_at = now() - interval '25 hours', first_attempt_at = now() - interval '25 hours',
        due_at = now() - interval '1 second' where id = $1::uuid`,
      first.id,
    );
    await bench.deliver();
    const ends = async () => (await bench.deliveries(id)).map(({ status }) => status);
    expect(await ends()).toEqual(["dead", "delivered"]);
    expect((await bench.tenant.api.get(`/v1/webhooks/${id}`)).body.health).toMatchObject({ pending: 0, dead: 1 });

    bench.receiver.react(() => 200);
    const replayed = await bench.tenant.api.post(`/v1/deliveries/${first.id}/replay`);
    expect(replayed).toMatchObject({ status: 200, body: { status: "pending", endedAt: null } });
    expect(await bench.deliver()).toBe(1);
    expect(await ends()).toEqual(["delivered", "delivered"]);
    expect(bench.receiver.taken.at(-1)).toMatchObject({ id: first.id, event: { data: { version: "1" } } });
    const again = await bench.tenant.api.post(`/v1/deliveries/${first.id}/replay`);
    expect([again.status, again.body.code]).toEqual([409, "DELIVERY_NOT_DEAD"]);
  });

  it("are told what they ask for, and nothing is written down for nobody", async () => {
    const written = async () =>
      (
        await get().queryPastGuards(
          "select 1 from outbox_events where payload ->> 'entity' = $1 and type like 'record.%'",
          entity,
        )
      ).length;
    put("a", "a1");
    await sync();
    expect(await written()).toBe(0);
    const wanted: readonly object[] = [
      { eventTypes: ["record.deleted"] },
      { eventTypes: ["record.*"], entities: [entity] },
      { eventTypes: ["record.*"], entities: ["Other"] },
      { eventTypes: ["record.*", "sync.completed"], connectorIds: [bench.connectorId] },
      { eventTypes: ["record.updated"], active: false },
      { eventTypes: ["sync.failed", "sync.completed"] },
    ];
    for (const [place, filter] of wanted.entries())
      await bench.webhook({ ...filter, url: `${bench.receiver.url}/${place}` });
    put("a", "a2");
    await sync();
    bench.vendor.remove(entity, "a");
    await sync();
    expect(await written()).toBe(2);
    await bench.deliver();
    const told = wanted.map((_, place) =>
      bench.receiver.taken
        .filter(({ path }) => path === `/hook/${place}`)
        .map(({ event }) => event.type)
        .sort(),
    );
    expect(told).toEqual([
      ["record.deleted"],
      ["record.deleted", "record.updated"],
      [],
      ["record.deleted", "record.updated", "sync.completed", "sync.completed"],
      [],
      ["sync.completed", "sync.completed"],
    ]);
  });

  it("are told of what a full read misses, and of a record that is too large without it", async () => {
    await bench.webhook();
    for (const each of ["a", "b"]) put(each, `${each}1`);
    await sync();
    bench.vendor.forget(entity, "b");
    put("a", "x".repeat(300 * 1024));
    await sync({ mode: "full" });
    await bench.deliver();
    const told = bench.receiver.taken
      .slice(2)
      .map(({ event: { data } }) => [data.externalId, data.change, data.record, data.recordOmitted]);
    expect(told.sort()).toEqual([
      ["a", "updated", null, true],
      ["b", "deleted", null, false],
    ]);
  });

  it("are told nothing of what was rolled back", async () => {
    const { id } = await bench.webhook({ eventTypes: ["connector.*"] });
    const append = (fails: boolean) =>
      get().database.asTenant(bench.tenant.tenantId, async ({ outboxEvents }) => {
        await outboxEvents.append({ type: "connector.reconnected", payload: { fails } });
        if (fails) throw new Error("rolled back");
      });
    await expect(append(true)).rejects.toThrow("rolled back");
    await append(false);
    await bench.deliver();
    expect(bench.receiver.taken.map(({ event }) => event.data)).toEqual([{ fails: false }]);
    expect(await bench.deliveries(id)).toHaveLength(1);
  });
});
