import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FeedService, feedConnector, startFeedService } from "./feed/feed-service.js";

describeOnDatabases("syncs", (get) => {
  let bench: FeedService;
  let entity: string;

  beforeAll(async () => {
    // So long that nothing is noticed by the renewal of a lease.
    bench = await startFeedService(get().database, { settings: { runLeaseMs: 600_000 } });
  });
  afterAll(() => bench?.close());
  beforeEach(() => {
    entity = `Thing${newId().slice(-6)}`;
  });

  const schedule = async (changes: object = {}): Promise<string> => {
    const { status, body } = await bench.schedule(entity, changes);
    expect(status).toBe(201);
    return body.id;
  };
  const makeDue = (id: string, ago = "1 second") =>
    get().queryPastGuards(
      `update sync_schedules set tick_at = date_trunc('minute', now()) - $2::interval, due_at = now() - $2::interval where id = $1::uuid`,
      id,
      ago,
    );
  const runsOf = async (id: string) => (await bench.tenant.api.get(`/v1/sync-runs?scheduleId=${id}`)).body.data;
  const stored = async (query?: string) =>
    (await bench.records(entity, query)).map(({ id, deleted, data }) => [id, deleted ? "gone" : data.name]);
  const put = (id: string, name: string) => bench.vendor.put(entity, id, { name });

  it("read everything, then what changed, and keep what is gone as gone", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    const id = await schedule();
    expect(await bench.run(id)).toMatchObject({
      status: "succeeded",
      progress: { read: 3, changed: 3, unchanged: 0, deleted: 0, failed: 0 },
      endedAt: expect.any(String),
    });
    expect(await stored()).toEqual([
      ["a", "a1"],
      ["b", "b1"],
      ["c", "c1"],
    ]);
    put("a", "a2");
    bench.vendor.remove(entity, "b");
    expect(await bench.run(id)).toMatchObject({ progress: { read: 2, changed: 1, unchanged: 0, deleted: 1 } });
    expect(await stored()).toEqual([
      ["c", "c1"],
      ["a", "a2"],
    ]);
    expect(await stored("&deleted=true")).toEqual([
      ["c", "c1"],
      ["a", "a2"],
      ["b", "gone"],
    ]);
  });

  it("write nothing for what is as it was", async () => {
    put("a", "a1");
    const id = await schedule();
    await bench.run(id);
    const before = await bench.records(entity);
    put("a", "a1");
    expect(await bench.run(id)).toMatchObject({ progress: { read: 1, changed: 0, unchanged: 1 } });
    expect(await bench.records(entity)).toEqual(before);
  });

  it("find by a full read what the vendor never told of", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    await bench.run(await schedule());
    bench.vendor.forget(entity, "b");
    expect(await bench.run(await schedule({ mode: "full" }))).toMatchObject({
      mode: "full",
      progress: { read: 2, changed: 0, unchanged: 2, deleted: 1 },
    });
    expect(await stored("&deleted=true")).toEqual([
      ["a", "a1"],
      ["c", "c1"],
      ["b", "gone"],
    ]);
    put("b", "b2");
    expect(await bench.run(await schedule())).toMatchObject({ progress: { read: 1, changed: 1 } });
    expect(await stored()).toEqual([
      ["a", "a1"],
      ["c", "c1"],
      ["b", "b2"],
    ]);
  });

  it("give whoever pages through while a sync writes everything that changes", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    const id = await schedule();
    await bench.run(id);
    const { api } = bench.tenant;
    const address = `/v1/connectors/${bench.connectorId}/records?entity=${entity}&limit=2`;
    const first = (await api.get(address)).body;
    put("a", "a2");
    await bench.run(id);
    const second = (await api.get(`${address}&cursor=${first.nextCursor}`)).body;
    expect(second.data.map(({ data }: { data: { name: string } }) => data.name)).toEqual(["c1", "a2"]);
    expect(second.hasMore).toBe(false);
    expect((await api.get(`${address}&cursor=${second.nextCursor}`)).body).toEqual({
      data: [],
      nextCursor: second.nextCursor,
      hasMore: false,
    });
  });

  it("begin a run for a time of a schedule once, however many look", async () => {
    const id = await schedule({ paused: false, cron: "* * * * *" });
    await makeDue(id);
    put("a", "a1");
    await Promise.all([bench.work(), bench.work(), bench.work()]);
    const runs = await runsOf(id);
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({ status: "succeeded", scheduledFor: expect.stringMatching(/:00\.000Z$/) });
  });

  it("catch up on what was missed as the schedule says", async () => {
    const missed = async (catchUp: string) => {
      const id = await schedule({ paused: false, cron: "0 * * * *", overlap: "queue", catchUp });
      await get().queryPastGuards(
        `update sync_schedules set tick_at = date_trunc('hour', now()) - interval '3 hours', due_at = now() - interval '1 second' where id = $1::uuid`,
        id,
      );
      await bench.work();
      return (await runsOf(id)).length;
    };
    expect(await missed("once")).toBe(1);
    expect(await missed("all")).toBe(4);
  });

  it("leave a time out while a run of the entity is open, or let its run wait, as the schedule says", async () => {
    put("a", "a1");
    const skipping = await schedule({ paused: false, cron: "* * * * *" });
    const queueing = await schedule({ paused: false, cron: "* * * * *", overlap: "queue" });
    const asked = bench.vendor.hold(0);
    const open = (await bench.tenant.api.post(`/v1/schedules/${skipping}/run`, {})).body;
    await bench.worker.beginDue();
    await asked;
    await makeDue(skipping);
    await makeDue(queueing);
    // Nothing else of the entity begins while that run is open.
    await expect(Promise.race([bench.work(), asked.then(() => "held")])).resolves.toBe("held");
    expect((await runsOf(skipping)).map(({ id }: { id: string }) => id)).toEqual([open.id]);
    bench.vendor.release();
    await bench.worker.settle();
    await bench.work();
    expect((await runsOf(queueing)).map(({ status }: { status: string }) => status)).toEqual(["succeeded"]);
  });

  it("go on after the last batch when the vendor fails in between", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    const id = await schedule();
    const { body: run } = await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    bench.vendor.failAfter(entity, 1, 503);
    await bench.work();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body).toMatchObject({
      status: "queued",
      progress: { read: 2, changed: 2 },
      error: { code: "VENDOR_UNAVAILABLE" },
    });
    expect(await bench.work()).toBe(0);
    await get().queryPastGuards(
      "update sync_runs set next_attempt_at = now() - interval '1 second' where id = $1::uuid",
      run.id,
    );
    await bench.work();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body).toMatchObject({
      status: "succeeded",
      progress: { read: 3, changed: 3 },
    });
    // The first page was asked for once, that which failed twice, and then the end.
    expect(bench.vendor.requests.filter((request) => request.startsWith(entity))).toHaveLength(4);
  });

  it("begin at the beginning when the vendor does not know the cursor any more", async () => {
    for (const id of ["a", "b"]) put(id, `${id}1`);
    const id = await schedule();
    await bench.run(id);
    bench.vendor.forget(entity, "a");
    bench.vendor.failAfter(entity, 0, 410);
    const { body: run } = await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    await bench.work();
    await bench.work();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body).toMatchObject({
      status: "succeeded",
      mode: "full",
      progress: { unchanged: 1, deleted: 1 },
      error: null,
    });
  });

  it("forget what a full read had seen when it begins anew", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    const { body: run } = await bench.tenant.api.post(`/v1/schedules/${await schedule({ mode: "full" })}/run`, {});
    bench.vendor.failAfter(entity, 1, 410);
    await bench.work();
    expect(await stored()).toEqual([
      ["a", "a1"],
      ["b", "b1"],
    ]);
    bench.vendor.forget(entity, "a");
    await bench.work();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body).toMatchObject({ status: "succeeded" });
    expect(await stored()).toEqual([
      ["b", "b1"],
      ["c", "c1"],
    ]);
  });

  it("end a run at once that somebody wishes to end, though its vendor keeps it waiting, and keep what is stored", async () => {
    for (const id of ["a", "b", "c"]) put(id, `${id}1`);
    const id = await schedule();
    const { body: run } = await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    const asked = bench.vendor.hold(1);
    await bench.worker.beginDue();
    await asked;
    // The next batch is asked for while this one is on its way to the database.
    const read = async () => (await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body.progress.read;
    await expect.poll(read, { interval: 20 }).toBe(2);
    expect((await bench.tenant.api.post(`/v1/sync-runs/${run.id}/cancel`, {})).body.status).toBe("cancelling");
    await bench.worker.settle();
    bench.vendor.release();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body).toMatchObject({
      status: "cancelled",
      progress: { read: 2 },
    });
    expect(await stored()).toEqual([
      ["a", "a1"],
      ["b", "b1"],
    ]);
  });

  it("leave out what is nested deeper than a database reads, and store the rest", async () => {
    const nested = (levels: number) => {
      let value: Record<string, unknown> = { name: "deep" };
      for (let level = 1; level < levels; level += 1) value = { value };
      return value;
    };
    bench.vendor.put(entity, "deepest", nested(500));
    bench.vendor.put(entity, "too deep", nested(501));
    bench.vendor.put(entity, "much too deep", nested(3_000));
    put("plain", "plain");
    const id = await schedule();
    const run = await bench.run(id);
    expect(run).toMatchObject({ status: "succeeded", progress: { read: 4, changed: 2, failed: 2 } });
    const records = await bench.records(entity);
    expect(records.map((record) => record.id)).toEqual(["deepest", "plain"]);
    expect(records[0].data).toEqual(nested(500));
    const { body: log } = await bench.tenant.api.get(`/v1/sync-runs/${run.id}/log`);
    const told = log.data.filter(({ event }: { event: string }) => event === "records_refused");
    expect(told.map(({ detail }: { detail: string }) => detail).join()).toContain("deeper than 500 levels");
  });

  it("store nothing under a cursor without a version, which nobody could tell from another connector's", async () => {
    put("a", "a1");
    const body = { ...feedConnector(bench.vendor), configuration: { unversioned: true } };
    const connectorId = (await bench.tenant.api.post("/v1/connectors", body)).body.id;
    const path = `/v1/connectors/${connectorId}/schedules`;
    const { id } = (await bench.tenant.api.post(path, { entity, cron: "0 3 * * *", paused: true })).body;
    expect(await bench.run(id)).toMatchObject({ status: "failed", error: { code: "INTERNAL" }, progress: { read: 0 } });
    expect((await bench.tenant.api.get(`/v1/connectors/${connectorId}/records?entity=${entity}`)).body.data).toEqual(
      [],
    );
  });

  it("keep characters that PostgreSQL has not from holding up the others", async () => {
    bench.vendor.put(entity, "a", { name: "x\0y\ud800z", inner: [{ "k\0": "\\u0000" }] });
    put("b\0", "lost");
    put("c", "c1");
    expect(await bench.run(await schedule())).toMatchObject({
      status: "succeeded",
      progress: { read: 3, changed: 2, failed: 1 },
    });
    const [first] = await bench.records(entity);
    expect(first.data).toEqual({ name: "x\ufffdy\ufffdz", inner: [{ "k\ufffd": "\\u0000" }] });
  });
});
