import { type OpenedSink, type OutgoingEvent, silentLogger, systemClock, TransientError } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { DatabaseUnavailableError } from "../../src/database/index.js";
import { createDatabase } from "../../src/database/open-database.js";
import { countDeliveries } from "../../src/outbox/count-deliveries.js";
import { createOutboxPruner } from "../../src/workers/create-pruners.js";
import { SinkWorker } from "../../src/workers/sink-worker.js";
import { MortalDatabase } from "../idempotency/mortal-database.js";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const name = "@acme/sink";

describeLongWork("events that a sink does not take", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let platform: ApiClient;
  let aheadMs = 0;
  let taken: OutgoingEvent[];
  let asked: string[];
  let answer: (about: string, n: number) => "take" | "refuse" | "fail" | "block";
  const sink: OpenedSink = {
    async deliver(event) {
      const { about, n } = JSON.parse(event.data);
      const said = answer(about, n);
      if (said === "fail") throw new TransientError("CONNECTION_FAILED", "Away.");
      asked.push(about);
      if (said === "block") return { taken: false, blocked: "WRONGTYPE" };
      if (said === "refuse") return { taken: false, refusal: "TOO_LARGE" };
      taken.push(event);
      return { taken: true };
    },
    close: () => Promise.resolve(),
  };

  beforeAll(async () => {
    service = await startTestService(createDatabase(get().connection, [name]), {
      ...{ settings: { sinks: [name] }, clock: { ...systemClock, now: () => Date.now() + aheadMs } },
    });
    tenant = await service.createTenant();
    platform = new ApiClient(service.url, platformKey);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    [taken, asked, answer] = [[], [], () => "take"];
    await get().queryPastGuards("delete from sink_deliveries");
  });

  const happen = (about: string, count: number, { tenantId } = tenant) =>
    createDatabase(get().connection, [name]).asTenant(tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll(
        Array.from({ length: count }, (_, n) => ({
          ...{ type: "connector.reconnected" as const, about, payload: { about, n } },
        })),
      ),
    );
  /** Hands over what waits until nothing is due, by another worker each time, as after a rest. */
  async function work(looks = 10): Promise<void> {
    for (let look = 0; look < looks; look += 1) {
      // The newest first, as far as that does not break the order of one thing.
      await get().queryPastGuards(
        "update sink_deliveries set due_at = now() - interval '1 second' - seq * interval '1 ms'",
      );
      const worker = new SinkWorker(service.services, name, sink);
      if ((await worker.beginDue()) === 0) return;
      await worker.settle();
    }
  }
  const told = () => taken.map(({ data }) => JSON.parse(data)).map(({ about, n }) => `${about} ${n}`);
  const letters = async (query = "") => {
    const { status, body } = await platform.get(`/v1/platform/dead-letters?sink=${encodeURIComponent(name)}${query}`);
    expect(status).toBe(200);
    return body;
  };
  const replay = (which: object = {}) => platform.post("/v1/platform/dead-letters/replay", { sink: name, ...which });
  const counted = async () => (await platform.get("/v1/platform/sinks")).body.data[0];

  it("are dead letters at once where it refuses them for good, and keep nobody waiting", async () => {
    answer = (about, n) => (about === "a" && n === 1 ? "refuse" : "take");
    await happen("a", 3);
    await happen("b", 1);
    expect(await counted()).toMatchObject({ name, active: true, pending: 4, oldestAt: expect.any(String), dead: 0 });
    await work();
    expect(told().toSorted()).toEqual(["a 0", "a 2", "b 0"]);
    const { data } = await letters();
    const facts = { tenantId: tenant.tenantId, type: "connector.reconnected", attempts: 1, failureCode: "TOO_LARGE" };
    expect(data).toEqual([
      { ...facts, eventId: expect.any(String), happenedAt: expect.any(String), deadAt: expect.any(String) },
    ]);
    expect(await counted()).toEqual({ name, active: true, pending: 0, oldestAt: null, dead: 1 });
    expect(service.logLines.join("")).toContain("they are dead letters");
    // Those of another sink, and the rest of the tenants.
    expect((await letters(`&tenantId=${crypto.randomUUID()}`)).data).toEqual([]);
    expect((await platform.get("/v1/platform/dead-letters?sink=@acme/other")).status).toBe(404);
  });

  it("come again when they are replayed, under their ids, in their order and before what waits behind them", async () => {
    answer = (about) => (about === "a" ? "refuse" : "take");
    await happen("a", 3);
    await happen("b", 1);
    await work();
    const dead = (await letters()).data;
    const firstPage = await letters("&limit=2");
    expect(firstPage.data).toEqual(dead.slice(0, 2));
    expect((await letters(`&limit=2&cursor=${firstPage.nextCursor}`)).data).toEqual(dead.slice(2));
    answer = () => "take";
    await happen("a", 1);
    expect((await replay({ tenantId: crypto.randomUUID() })).body).toEqual({ replayed: 0 });
    const oldest = dead.at(-1).eventId;
    expect((await replay({ eventId: oldest })).body).toEqual({ replayed: 1 });
    const request = await replay({ tenantId: tenant.tenantId });
    expect(request.body).toEqual({ replayed: 2 });
    taken = [];
    await work();
    expect(told()).toEqual(["a 0", "a 1", "a 2", "a 0"]);
    expect(taken.slice(0, 3).map(({ id }) => id)).toEqual(
      dead.map((each: { eventId: string }) => each.eventId).toReversed(),
    );
    const [event] = (await platform.get("/v1/platform/audit-events?limit=1")).body.data;
    expect(event).toMatchObject({
      ...{
        action: "sink.replayed",
        target: { type: "sink", id: name },
        requestId: request.headers.get("x-request-id"),
      },
      details: { replayed: 2, tenantId: tenant.tenantId },
    });
    expect((await replay()).body).toEqual({ replayed: 0 });
  });

  it("are tried again and again where it fails, and given up when they failed a hundred times while it took others", async () => {
    await happen("poison", 2);
    await get().queryPastGuards("update sink_deliveries set refusals = 98");
    answer = (about, n) => (about === "poison" && n === 0 ? "fail" : "take");
    await happen("b", 1);
    await work(1);
    // One more, as the sink took another one.
    expect(await counted()).toMatchObject({ pending: 2, dead: 0 });
    answer = () => "fail";
    await happen("c", 1);
    // The sink is away: that says nothing of an event.
    await work(3);
    expect(await counted()).toMatchObject({ pending: 3, dead: 0 });
    answer = (about, n) => (about === "poison" && n === 0 ? "fail" : "take");
    await work(1);
    expect((await letters()).data).toMatchObject([{ failureCode: "CONNECTION_FAILED" }]);
    await work();
    expect(told()).toEqual(["b 0", "c 0", "poison 1"]);
  });

  it("are none while the sink lacks a place for their tenant: they wait, and nobody else does", async () => {
    const other = await service.createTenant();
    answer = (about) => (about === "blocked" ? "block" : "take");
    await happen("blocked", 2);
    await get().queryPastGuards("update sink_deliveries set refusals = 99");
    await happen("free", 2, other);
    const due = () => get().queryPastGuards("update sink_deliveries set due_at = now() - interval '1 second'");
    let nowMs = Date.now();
    const clock = { ...systemClock, now: () => nowMs };
    const worker = new SinkWorker({ ...service.services, clock }, name, sink);
    const look = async () => {
      await due();
      const begun = await worker.beginDue();
      await worker.settle();
      return begun;
    };
    await happen("elsewhere", 1, other);
    expect(await look()).toBe(3);
    // Of the tenant nothing is tried until it has rested.
    expect(await look()).toBe(1);
    expect(await look()).toBe(0);
    expect(told().toSorted()).toEqual(["elsewhere 0", "free 0", "free 1"]);
    nowMs += 1_000;
    await look();
    nowMs += 1_999;
    await look();
    expect(asked.filter((about) => about === "blocked")).toHaveLength(2);
    expect(await counted()).toMatchObject({ pending: 2, dead: 0 });
    const said = service.logLines.filter((line) => line.includes("A sink takes no events of a tenant"));
    expect(said.map((line) => JSON.parse(line))).toMatchObject([{ tenantId: tenant.tenantId, code: "WRONGTYPE" }]);
    const { text } = await platform.get("/metrics");
    expect(text).toContain(`isthmus_deliveries_total{kind="sink",outcome="blocked"} 2`);

    answer = () => "take";
    nowMs += 1;
    taken = [];
    for (let looks = 0; looks < 2; looks += 1) await look();
    expect(told()).toEqual(["blocked 0", "blocked 1"]);
    expect(service.logLines.join("")).toContain("A sink takes a tenant's events again");
  });

  it("are kept for 30 days after they became dead letters, however old they are", async () => {
    answer = () => "refuse";
    await happen("old", 2);
    await work();
    const age = (what: string, days: number) =>
      get().queryPastGuards(`update ${what} = now() - interval '${days} days'`);
    await age("outbox_events set created_at", 50);
    const { data } = await letters();
    await age(`sink_deliveries set dead_at`, 29);
    await createOutboxPruner(service.services).prune();
    expect((await letters()).data).toHaveLength(2);
    await get().queryPastGuards(
      `update sink_deliveries set dead_at = now() - interval '31 days' where event_id = '${data[0].eventId}'`,
    );
    await createOutboxPruner(service.services).prune();
    expect((await letters()).data).toEqual([expect.objectContaining({ eventId: data[1].eventId })]);
  });

  it("are counted by /metrics, with what waits, without a word of whose they are", async () => {
    answer = (about, n) => (about === "a" ? "refuse" : n === 0 ? "take" : "fail");
    const seen = async () => {
      // A count is shown for ten seconds.
      aheadMs += 11_000;
      const { text } = await platform.get("/metrics");
      const lines = text.split("\n").filter((line) => line.startsWith("isthmus_deliveries_"));
      return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
    };
    const ended = (outcome: string) => `isthmus_deliveries_total{kind="sink",outcome="${outcome}"}`;
    const before = await seen();
    await happen("a", 2);
    await happen("b", 2);
    await work(2);
    await get().queryPastGuards("update outbox_events set created_at = now() - interval '1 hour'");
    const after = await seen();
    const more = (outcome: string) => (after.get(ended(outcome)) ?? 0) - (before.get(ended(outcome)) ?? 0);
    expect([more("delivered"), more("dead"), more("failed")]).toEqual([1, 2, 3]);
    expect(after.get(`isthmus_deliveries_pending{kind="sink"}`)).toBe(1);
    expect(after.get(`isthmus_deliveries_dead{kind="sink"}`)).toBe(2);
    expect(after.get(`isthmus_deliveries_oldest_pending_seconds{kind="sink"}`)).toBeGreaterThan(3_599);
    expect(after.get(`isthmus_deliveries_oldest_pending_seconds{kind="sink"}`)).toBeLessThan(3_700);
    expect(after.get(`isthmus_deliveries_oldest_pending_seconds{kind="webhook"}`)).toBe(0);
    expect([...after.keys()].filter((series) => /tenant|sink-|@acme/.test(series))).toEqual([]);
  });

  it("are not counted while the database is away, which is logged once", async () => {
    const logged: unknown[] = [];
    const logger = { ...silentLogger, warn: ({ err }: { readonly err?: unknown }) => void logged.push(err) };
    const database = new MortalDatabase(get().database, "system");
    const count = countDeliveries({ database, logger }, [name]);
    for (const fails of [true, true, false, true]) {
      if (fails) database.dieAt(0, false);
      else database.revive();
      const counting = count().then(Object.keys, (error: unknown) => error);
      expect(await counting).toEqual(fails ? expect.any(DatabaseUnavailableError) : ["webhook", "sink"]);
    }
    expect(logged).toEqual([expect.any(DatabaseUnavailableError), expect.any(DatabaseUnavailableError)]);
  });
});
