import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { createRecordPruner } from "../../src/workers/create-pruners.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

describeOnDatabases("syncs that begin somewhere else", (get) => {
  let bench: FeedService;
  let entity: string;
  /** The vendor's times of the entity's changes, in their order. */
  let times: string[];

  beforeAll(async () => {
    bench = await startFeedService(get().database);
  });
  afterAll(() => bench?.close());
  beforeEach(() => {
    entity = `Thing${newId().slice(-6)}`;
    times = [];
  });

  const put = (id: string, name: string) => {
    times.push(new Date(bench.vendor.put(entity, id, { name }) * 1_000).toISOString());
  };
  const schedule = async (changes: object = {}): Promise<string> => {
    const { status, body } = await bench.schedule(entity, changes);
    expect(status).toBe(201);
    return body.id;
  };
  const names = async () => (await bench.records(entity)).map(({ data }) => data.name).sort();
  const run = async (id: string, body: object = {}) => {
    const asked = await bench.tenant.api.post(`/v1/schedules/${id}/run`, body);
    expect(asked.status).toBe(202);
    await bench.work();
    return (await bench.tenant.api.get(`/v1/sync-runs/${asked.body.id}`)).body;
  };
  const linesOf = async ({ id }: { readonly id: string }) =>
    (await bench.tenant.api.get(`/v1/sync-runs/${id}/log`)).body.data;

  it("begin with what was changed since a time, then go on from there", async () => {
    for (const name of ["old", "older", "new", "newer", "newest"]) put(name, name);
    const id = await schedule({ backfillFrom: times[2] });
    expect((await bench.tenant.api.get(`/v1/schedules/${id}`)).body).toMatchObject({ backfillFrom: times[2] });
    expect(await run(id)).toMatchObject({
      status: "succeeded",
      backfillFrom: times[2],
      expected: 3,
      progress: { read: 3 },
    });
    expect(await names()).toEqual(["new", "newer", "newest"]);
    put("old", "old, changed");
    expect(await run(id)).toMatchObject({ backfillFrom: null, expected: null, progress: { read: 1 } });
    expect(await names()).toEqual(["new", "newer", "newest", "old, changed"]);
  });

  it("do so at their times, too, until the entity was read once", async () => {
    for (const name of ["old", "new"]) put(name, name);
    const id = await schedule({ backfillFrom: times[1], paused: false });
    const makeDue = (minute: number) =>
      get().queryPastGuards(
        "update sync_schedules set tick_at = date_trunc('minute', now()) - make_interval(mins => $2::int), due_at = now() - interval '1 second' where id = $1::uuid",
        id,
        minute,
      );
    await makeDue(2);
    await bench.work();
    expect(await names()).toEqual(["new"]);
    put("old", "seen");
    await makeDue(1);
    await bench.work();
    expect(await names()).toEqual(["new", "seen"]);
    const { body } = await bench.tenant.api.get(`/v1/sync-runs?scheduleId=${id}`);
    expect(body.data.map((each: { backfillFrom: string | null }) => each.backfillFrom)).toEqual([null, times[1]]);
  });

  it("read a time again when asked to, without moving the others' place", async () => {
    for (const name of ["a", "b", "c"]) put(name, name);
    const id = await schedule();
    await run(id);
    const query = `update records set hash = 'x', data = '{"name":"spoilt"}' where entity = $1`;
    await get().queryPastGuards(query, entity);
    expect(await run(id)).toMatchObject({ progress: { read: 0 } });
    expect(await run(id, { backfillFrom: times[1] })).toMatchObject({ progress: { read: 2, changed: 2 } });
    expect(await names()).toEqual(["b", "c", "spoilt"]);
    put("d", "d");
    expect(await run(id)).toMatchObject({ progress: { read: 1 } });
  });

  it("go on in the middle of it after a failure, and say how it went", async () => {
    for (const name of ["1", "2", "3", "4", "5", "6"]) put(name, name);
    const id = await schedule({ backfillFrom: times[1] });
    bench.vendor.failAfter(entity, 1, 503);
    const waiting = await run(id);
    expect(waiting).toMatchObject({ status: "queued", expected: 5, progress: { read: 2 } });
    expect(Date.parse(waiting.estimatedEndAt)).toBeGreaterThanOrEqual(Date.parse(waiting.updatedAt));
    await get().queryPastGuards(
      "update sync_runs set next_attempt_at = now() - interval '1 second' where id = $1::uuid",
      waiting.id,
    );
    await bench.work();
    const { body } = await bench.tenant.api.get(`/v1/sync-runs/${waiting.id}`);
    expect(body).toMatchObject({ status: "succeeded", estimatedEndAt: null, progress: { read: 5 } });
    expect(await names()).toEqual(["2", "3", "4", "5", "6"]);
    const lines = await linesOf(waiting);
    expect(lines.map(({ event, code }: { event: string; code: string }) => [event, code])).toEqual([
      ["begun", null],
      ["waiting", "VENDOR_UNAVAILABLE"],
      ["resumed", null],
      ["ended", null],
    ]);
  });

  it.each([
    ["a full read", { mode: "full", backfillFrom: "2026-01-01T00:00:00Z" }, 400, "VALIDATION_FAILED"],
    ["a time to come", { backfillFrom: "2999-01-01T00:00:00Z" }, 400, "VALIDATION_FAILED"],
    ["no time", { backfillFrom: "yesterday" }, 400, "VALIDATION_FAILED"],
  ])("refuse %s", async (_, changes, status, code) => {
    expect(await bench.schedule(entity, changes)).toMatchObject({ status, body: { code } });
    const id = await schedule({ mode: (changes as { mode?: string }).mode ?? "incremental" });
    const { backfillFrom } = changes;
    expect(await bench.tenant.api.post(`/v1/schedules/${id}/run`, { backfillFrom })).toMatchObject({ status });
  });

  it("read everything anew when the connector is moved to another account, and mark what was the other one's", async () => {
    for (const name of ["theirs", "both"]) put(name, name);
    const id = await schedule();
    const move = (accountId: string) =>
      get().database.asTenant(bench.tenant.tenantId, ({ connectors }) =>
        connectors.recordConnection(bench.connectorId, { status: "connected", accountId, accountVersion: 1 }),
      );
    await move("first");
    await run(id);
    bench.vendor.forget(entity, "theirs");
    await move("second");
    const moved = await run(id);
    expect(moved).toMatchObject({ mode: "full", status: "queued" });
    await bench.work();
    expect(await names()).toEqual(["both"]);
    expect((await linesOf(moved)).map(({ code }: { code: string }) => code)).toContain("ACCOUNT_CHANGED");
    put("next", "next");
    expect(await run(id)).toMatchObject({ mode: "incremental", progress: { read: 1 } });
  });

  it("store nothing of an account that the connector was moved away from in the middle", async () => {
    for (const name of ["1", "2", "3", "4"]) put(name, name);
    const move = (accountId: string) =>
      get().database.asTenant(bench.tenant.tenantId, ({ connectors }) =>
        connectors.recordConnection(bench.connectorId, { status: "connected", accountId, accountVersion: 1 }),
      );
    await move("first");
    const id = await schedule();
    const held = bench.vendor.hold(bench.vendor.put(entity, "5", { name: "5" }) - 3);
    await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    const work = bench.work();
    await held;
    await move("second");
    bench.vendor.release();
    await work;
    const before = await bench.records(entity, "&deleted=true");
    expect(before.length).toBeLessThan(5);
    await bench.work();
    await bench.work();
    expect(await names()).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("forget deleted records after a while, and no others", async () => {
    for (const name of ["stays", "goes", "is gone"]) put(name, name);
    const id = await schedule();
    await run(id);
    for (const name of ["goes", "is gone"]) bench.vendor.remove(entity, name);
    await run(id);
    await get().queryPastGuards(
      "update records set updated_at = now() - interval '91 days' where entity = $1 and external_id in ('stays', 'goes')",
      entity,
    );
    await createRecordPruner(bench.service.services).prune();
    expect((await bench.records(entity, "&deleted=true")).map(({ id }) => id).sort()).toEqual(["is gone", "stays"]);
  });
});
