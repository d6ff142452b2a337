import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { fireDueSchedules } from "../../src/syncs/fire-schedules.js";
import { runSync } from "../../src/syncs/run-sync.js";
import { createSightingPruner } from "../../src/workers/create-pruners.js";
import { useServerDatabase } from "../support/server-database.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

describe("what keeps runs within bounds", () => {
  const get = useServerDatabase();
  let bench: FeedService;
  let entity: string;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
  });
  afterAll(() => bench?.close());
  beforeEach(() => {
    entity = `Thing${newId().slice(-6)}`;
    for (const id of ["a", "b", "c"]) bench.vendor.put(entity, id, { name: id });
  });
  afterEach(async () => {
    bench.vendor.disturb(undefined);
    bench.vendor.release();
    await bench.worker.settle();
    await endAll();
  });

  const sql = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> => {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    try {
      return (await superuser.query<Row>(text, values)).rows;
    } finally {
      await superuser.end();
    }
  };
  const endAll = () =>
    sql(`update sync_runs set status = 'cancelled', attempt_id = null, lease_until = null, ended_at = now()
      where ended_at is null`);
  const schedule = async (changes: object = {}) => String((await bench.schedule(entity, changes)).body.id);
  const ask = async (scheduleId: string) =>
    String((await bench.tenant.api.post(`/v1/schedules/${scheduleId}/run`, {})).body.id);
  const read = async (runId: string) => (await bench.tenant.api.get(`/v1/sync-runs/${runId}`)).body;
  const claim = () => get().database.asSystem(({ syncs }) => syncs.claimRuns(4, 60_000));
  const letGo = () =>
    sql("update sync_runs set lease_until = now() - interval '1 second' where attempt_id is not null");
  const sightings = async () => (await sql("select 1 from sync_sightings")).length;

  it("a vendor that calls each cursor expired is not asked for ever", async () => {
    const id = await ask(await schedule());
    bench.vendor.disturb(() => 410);
    for (let looks = 0; looks < 10; looks += 1) await bench.work();
    expect(await read(id)).toMatchObject({ status: "failed", error: { code: "CURSOR_EXPIRED" } });
  });

  it("what is under way is not joined by a run of the same entity whose id is smaller", async () => {
    const scheduleId = await schedule();
    const [begun, late] = [await ask(scheduleId), await ask(scheduleId)];
    // As by a process whose clock is behind, or whose transaction was committed later.
    const smaller = begun.replace(/^01/, "00");
    expect((await claim()).map(({ runId }) => runId)).toEqual([begun]);
    await sql("update sync_runs set id = $1 where id = $2", smaller, late);
    expect(await claim()).toEqual([]);
    await letGo();
    expect((await claim()).map(({ runId }) => runId)).toEqual([begun]);
    await sql(
      `update sync_runs set status = 'cancelled', attempt_id = null, lease_until = null, ended_at = now() where id = $1`,
      begun,
    );
    expect((await claim()).map(({ runId }) => runId)).toEqual([smaller]);
  });

  it("what a full run had seen before it begins anew is forgotten step by step, by whoever holds it alone", async () => {
    const id = await ask(await schedule({ mode: "full" }));
    bench.vendor.failAfter(entity, 1, 410);
    await bench.work();
    expect(await read(id)).toMatchObject({ status: "queued", progress: { read: 2 } });
    const { tenantId } = bench.tenant;
    await sql(
      `insert into sync_sightings (run_id, external_id, tenant_id) select $1, 'seen' || n, $2 from generate_series(1, 45000) n`,
      id,
      tenantId,
    );
    const seen = await sightings();
    expect(await runSync(bench.service.services, { tenantId, runId: id, attemptId: newId() })).toBeUndefined();
    expect(await sightings()).toBe(seen);
    await bench.work();
    expect(await read(id)).toMatchObject({ status: "succeeded", progress: { deleted: 0 } });
    expect(await sightings()).toBe(seen - 45_000 - 2 + 3);
  });

  it.each([
    ["failed", async () => undefined],
    [
      "cancelled while nobody is at it",
      async (id: string) => void (await bench.tenant.api.post(`/v1/sync-runs/${id}/cancel`)),
    ],
  ])("of a full run that is %s, nothing is kept for long of what it had seen", async (how, end) => {
    const pruner = createSightingPruner(bench.service.services, 1);
    await pruner.prune();
    const id = await ask(await schedule({ mode: "full" }));
    bench.vendor.failAfter(entity, 1, how === "failed" ? 400 : 503);
    await bench.work();
    await end(id);
    expect((await read(id)).status).toBe(how.split(" ")[0]);
    const going = await ask(await schedule({ mode: "full" }));
    const held = bench.vendor.hold(1);
    await bench.worker.beginDue();
    await held;
    await expect.poll(sightings, { interval: 20 }).toBe(4);
    expect(await pruner.prune()).toBe(2);
    bench.vendor.release();
    await bench.worker.settle();
    expect(await read(going)).toMatchObject({ status: "succeeded", progress: { deleted: 0 } });
    expect(await pruner.prune()).toBe(3);
  });

  it("a schedule whose times come faster than its runs end lets so many wait, and no more", async () => {
    const id = await schedule({ paused: false, cron: "* * * * *", overlap: "queue" });
    const due = (ago: string) =>
      sql(
        "update sync_schedules set tick_at = date_trunc('minute', now()) - $2::interval, due_at = now() where id = $1",
        id,
        ago,
      );
    await sql(
      `insert into sync_runs (id, tenant_id, connector_id, entity, mode, trigger, is_long)
        select gen_random_uuid(), s.tenant_id, s.connector_id, s.entity, s.mode, 'request', false
        from sync_schedules s, generate_series(1, 99) where s.id = $1`,
      id,
    );
    for (const ago of ["3 minutes", "2 minutes", "1 minute"]) {
      await due(ago);
      await fireDueSchedules(bench.service.services);
    }
    const [{ open } = { open: 0 }] = await sql<{ open: number }>(
      "select count(*)::integer as open from sync_runs where entity = $1 and ended_at is null",
      entity,
    );
    expect(open).toBe(100);
    const refused = await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    expect([refused.status, refused.body.code]).toEqual([409, "CONFLICT"]);
  });

  it.each(["once", "all", "none"])("a time of a schedule is not late for its jitter, by %s", async (catchUp) => {
    const id = await schedule({
      paused: false,
      cron: "* * * * *",
      overlap: "queue",
      jitterSeconds: 86_400,
      catchUp,
    });
    const [{ jitter } = { jitter: "" }] = await sql<{ jitter: string }>(
      "select (due_at - tick_at)::text as jitter from sync_schedules where id = $1",
      id,
    );
    const [before] = await sql<{ tick: Date }>(
      `update sync_schedules set due_at = now(),
         tick_at = date_bin('1 minute', now() - $2::interval, '2026-01-01T00:00Z') where id = $1 returning tick_at as tick`,
      id,
      jitter,
    );
    await fireDueSchedules(bench.service.services);
    const { data } = (await bench.tenant.api.get(`/v1/sync-runs?scheduleId=${id}`)).body;
    expect(data.map(({ scheduledFor }: { scheduledFor: string }) => scheduledFor)).toEqual([
      before?.tick.toISOString(),
    ]);
    const [after] = await sql<{ tick: Date }>("select tick_at as tick from sync_schedules where id = $1", id);
    expect(Number(after?.tick) - Number(before?.tick)).toBe(60_000);
  });
});
