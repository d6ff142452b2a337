import { type OpenedSink, type OutgoingEvent, type SinkDefinition, TransientError } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase } from "../../src/database/open-database.js";
import { loadSinks } from "../../src/outbox/load-sinks.js";
import { createOutboxPruner } from "../../src/workers/create-pruners.js";
import { SinkWorker } from "../../src/workers/sink-worker.js";
import { describeOnDatabases } from "../support/databases.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

const name = "@acme/sink";

describeOnDatabases("events for a sink of the operator's", (get) => {
  let bench: WebhookService;
  let taken: OutgoingEvent[];
  let refuses: (event: OutgoingEvent) => boolean;
  let asked: number;
  const sink: OpenedSink = {
    async deliver(event) {
      asked += 1;
      await Promise.resolve();
      if (refuses(event)) throw new TransientError("CONNECTION_FAILED", "Away.");
      taken.push(event);
      return { taken: true };
    },
    close: () => Promise.resolve(),
  };

  beforeAll(async () => {
    bench = await startWebhookService(createDatabase(get().connection, [name]));
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    [taken, asked, refuses] = [[], 0, () => false];
    await get().queryPastGuards("delete from sink_deliveries");
  });

  /** Hands over what is due until nothing is. Each time with another worker, as it would be after a rest. */
  async function work(): Promise<number> {
    let all = 0;
    for (let begun = 1; begun > 0; all += begun) {
      const worker = new SinkWorker(bench.service.services, name, sink);
      begun = await worker.beginDue();
      await worker.settle();
      if (begun > 0)
        await get().queryPastGuards(
          "update sink_deliveries set due_at = now() - interval '1 second' where attempts = 0",
        );
    }
    return all;
  }
  const waiting = async () => (await get().queryPastGuards("select 1 from sink_deliveries")).length;
  const again = () => get().queryPastGuards("update sink_deliveries set due_at = now() - interval '1 second'");

  it("are all that happens, each once, those of one record in their order, with every digit", async () => {
    const { body: schedule } = await bench.schedule("Thing");
    bench.vendor.put("Thing", "a", { n: 1 });
    bench.vendor.put("Thing", "b", { n: 1 });
    await bench.run(schedule.id);
    bench.vendor.put("Thing", "a", { n: 2 });
    await bench.run(schedule.id);
    bench.vendor.remove("Thing", "a");
    await bench.run(schedule.id);
    await work();
    const of = (type: RegExp) => taken.filter((each) => type.test(each.type)).map(({ data }) => JSON.parse(data));
    expect(of(/^sync/)).toHaveLength(3);
    const records = of(/^record/);
    expect(records.filter(({ externalId }) => externalId === "a").map(({ change }) => change)).toEqual([
      "created",
      "updated",
      "deleted",
    ]);
    expect(records).toHaveLength(4);
    expect(taken[0]).toMatchObject({ tenantId: bench.tenant.tenantId, happenedAt: expect.any(Date) });
    expect(new Set(taken.map(({ id }) => id)).size).toBe(7);
    expect(await waiting()).toBe(0);
  });

  const happen = (count: number, about?: string) =>
    get().database && happenWith(createDatabase(get().connection, [name]), bench.tenant.tenantId, count, about);

  it("wait for the one before them, and for as long as it takes", async () => {
    await happen(3, "one thing");
    await happen(2);
    refuses = ({ data }) => data.includes('"n": 0') && data.includes("one thing");
    await work();
    expect(taken).toHaveLength(2);
    await get().queryPastGuards("update outbox_events set created_at = now() - interval '20 days'");
    await createOutboxPruner(bench.service.services).prune();
    expect(await waiting()).toBe(3);
    refuses = () => false;
    await again();
    await work();
    expect(taken.slice(2).map(({ data }) => JSON.parse(data).n)).toEqual([0, 1, 2]);
    await createOutboxPruner(bench.service.services).prune();
    expect(await get().queryPastGuards("select 1 from outbox_events where type like 'connector.%'")).toEqual([]);
  });

  it("follow those before them as soon as these are taken or given up, and wait behind one that fails", async () => {
    await happen(10, "one thing");
    const isOf = (event: OutgoingEvent, n: number) => event.data.includes(`"n": ${n},`);
    const given: OpenedSink = {
      ...sink,
      deliver: async (event, signal) =>
        isOf(event, 2) ? { taken: false, refusal: "TOO_LARGE" } : sink.deliver(event, signal),
    };
    refuses = (event) => isOf(event, 6);
    const told = () => taken.map(({ data }) => JSON.parse(data).n);
    const tries = async () =>
      (await get().queryPastGuards("select attempts from sink_deliveries where dead_at is null order by seq")).map(
        ({ attempts }) => attempts,
      );
    // Once it has looked it looks again because some work has ended, and for no other reason.
    const worker = new SinkWorker(bench.service.services, name, given, { pollMs: 600_000 });
    const ending = new AbortController();
    const working = worker.run(ending.signal);
    await expect.poll(tries, { timeout: 5_000 }).toEqual([1, 0, 0, 0]);
    expect(told()).toEqual([0, 1, 3, 4, 5]);

    refuses = () => false;
    await get().queryPastGuards("update sink_deliveries set due_at = now() - interval '1 second' where attempts = 1");
    const wakeAndSee = () => {
      worker.wake();
      return told();
    };
    await expect.poll(wakeAndSee, { timeout: 5_000 }).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9]);
    ending.abort();
    await working;
  });

  it("are not all tried in vain while a sink is away", async () => {
    await happen(600);
    refuses = () => true;
    const worker = new SinkWorker(bench.service.services, name, sink);
    for (let look = 0; look < 5; look += 1) {
      await worker.beginDue();
      await worker.settle();
    }
    expect(asked).toBe(256);
    expect(await waiting()).toBe(600);
    refuses = () => false;
    await again();
    await work();
    expect(taken).toHaveLength(600);
  });

  it("are taken in turn by tenant, and by one worker", async () => {
    await happen(40);
    const other = await bench.service.createTenant();
    await happenWith(createDatabase(get().connection, [name]), other.tenantId, 1);
    const claim = (limit: number) => get().database.asSystem(({ sinks }) => sinks.claimDue(name, limit, 60_000));
    const first = await claim(10);
    expect(first.filter(({ tenantId }) => tenantId === other.tenantId)).toHaveLength(1);
    const second = await claim(100);
    expect(new Set([...first, ...second].map(({ eventId }) => eventId)).size).toBe(41);
    const [lost] = first;
    if (lost === undefined) throw new Error("Nothing was claimed.");
    await again();
    await claim(100);
    const landing = { ...lost, taken: true, refused: false, othersTaken: true, retryMs: 0 };
    expect(await get().database.asSystem(({ sinks }) => sinks.land(name, [landing], 100))).toEqual([]);
    expect(await waiting()).toBe(41);
    expect(await get().database.asSystem(({ sinks }) => sinks.claimDue("@acme/other", 100, 60_000))).toEqual([]);
  });

  it("are written down for nobody where there is no sink", async () => {
    await happenWith(get().database, bench.tenant.tenantId, 1);
    expect(await waiting()).toBe(0);
  });
});

async function happenWith(
  database: ReturnType<typeof createDatabase>,
  tenantId: string,
  count: number,
  about?: string,
): Promise<void> {
  await database.asTenant(tenantId, ({ outboxEvents }) =>
    outboxEvents.appendAll(
      Array.from({ length: count }, (_, n) => ({
        type: "connector.reconnected",
        about: about ?? `thing ${n}`,
        payload: { n, ...(about && { about }) },
      })),
    ),
  );
}

describe("loadSinks", () => {
  const settings = z.object({ ACME_URL: z.string().startsWith("acme:", "is no acme: address.") });
  const definition: SinkDefinition = {
    ...{ sinkVersion: 1, displayName: "Acme", settings, examples: { ACME_URL: "ACME_URL=acme:x" } },
    open: () => Promise.reject(new Error("not opened here")),
  };
  const load = (environment: Record<string, string>, exports: object = { definition }) =>
    loadSinks({ packages: ["@isthmus/sink-redis"], environment, importPackage: async () => exports });

  it("takes the sinks that are named, with their own variables of the environment", async () => {
    expect((await load({ ACME_URL: "acme:here", PATH: "x" })).map((each) => each.name)).toEqual([
      "@isthmus/sink-redis",
    ]);
    expect(await loadSinks({ packages: [], environment: {} })).toEqual([]);
    const environment = { ISTHMUS_REDIS_URL: "redis://127.0.0.1" };
    expect(await loadSinks({ packages: ["@isthmus/sink-redis"], environment })).toHaveLength(1);
  });

  it("refuses settings that do not fit, naming the variable and not its value", async () => {
    await expect(load({ ACME_URL: "the-secret" })).rejects.toThrow(
      /ACME_URL: is no acme: address\. Example: ACME_URL=acme:x/,
    );
    await expect(load({ ACME_URL: "the-secret" })).rejects.not.toThrow(/the-secret/);
  });

  it("refuses packages that are missing, or no sinks", async () => {
    const of = (packages: string[]) => loadSinks({ packages, environment: {} });
    await expect(of(["@acme/not-there"])).rejects.toThrow(
      /ISTHMUS_SINKS: names @acme\/not-there, which is not installed/,
    );
    await expect(of(["pino"])).rejects.toThrow(/pino, which is not a sink package/);
    await expect(load({}, { helper: 1 })).rejects.toThrow(/does not export exactly one sink/);
  });
});
