import { systemClock } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { newId } from "../../src/database/index.js";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { describeEmbedded } from "../support/databases.js";
import { useServerDatabase } from "../support/server-database.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describeEmbedded("schedules and runs when the clock is set", (get) => {
  let bench: FeedService;
  let entity: string;
  /** A full hour of the day before: whatever takes the time from elsewhere is always ahead of it. */
  let hour: number;
  let aheadMs = 0;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
  });
  afterAll(() => bench?.close());
  beforeEach(() => {
    const realNow = Date.now;
    const now = realNow();
    hour = now - (now % hourMs) - 24 * hourMs;
    entity = `Thing${newId().slice(-6)}`;
    // The process's clock and that of the database in it.
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs);
    setClock(30 * minuteMs);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    aheadMs = 0;
  });

  /** Sets the clock to so many milliseconds after the full hour. */
  function setClock(sinceHourMs: number): void {
    aheadMs += hour + sinceHourMs - Date.now();
  }
  const hourly = async (changes: object = {}) =>
    String((await bench.schedule(entity, { paused: false, cron: "0 * * * *", overlap: "queue", ...changes })).body.id);
  /** The hours for which there are runs, counted from {@link hour}, the earliest first. */
  const hoursOf = async (id: string) => {
    const { data } = (await bench.tenant.api.get(`/v1/sync-runs?scheduleId=${id}`)).body;
    const times = data.map(({ scheduledFor }: { scheduledFor: string }) => Date.parse(scheduledFor));
    return times.map((time: number) => (time - hour) / hourMs).sort();
  };
  const nextHourOf = async (id: string) => {
    const { nextRuns } = (await bench.tenant.api.get(`/v1/schedules/${id}`)).body;
    return (Date.parse(nextRuns[0]) - hour) / hourMs;
  };

  it.each<[string, number[]]>([
    ["once", [3]],
    ["all", [1, 2, 3]],
    ["none", []],
  ])("run for the times that it jumped over as catchUp %s says, each once", async (catchUp, hours) => {
    const id = await hourly({ catchUp });
    await bench.work();
    setClock(3 * hourMs + 40 * minuteMs);
    await Promise.all([bench.work(), bench.work()]);
    expect(await hoursOf(id)).toEqual(hours);
    expect(await nextHourOf(id)).toBe(4);
  });

  it("run for no time again that it shows again, and go on with the next", async () => {
    const id = await hourly();
    setClock(hourMs + 10_000);
    await bench.work();
    expect(await hoursOf(id)).toEqual([1]);
    setClock(-15 * minuteMs);
    await bench.work();
    setClock(hourMs + 30_000);
    await bench.work();
    expect([await hoursOf(id), await nextHourOf(id)]).toEqual([[1], 2]);
    setClock(2 * hourMs + 5_000);
    await bench.work();
    expect(await hoursOf(id)).toEqual([1, 2]);
  });

  it.each([
    ["forward beyond the lease: another worker takes the run, and what the first one reads is not stored", hourMs, 1],
    ["back: the run stays whose it is", -hourMs, 0],
  ])("store each record once when a run is under way and the clock is set %s", async (_, jumpMs, taken) => {
    for (const id of ["a", "b", "c"]) bench.vendor.put(entity, id, { name: id });
    const { body: run } = await bench.tenant.api.post(`/v1/schedules/${await hourly()}/run`, {});
    const asked = bench.vendor.hold(1);
    await bench.worker.beginDue();
    await asked;
    aheadMs += jumpMs;
    const other = new SyncWorker(bench.service.services, { slots: 4 });
    expect(await other.beginDue()).toBe(taken);
    bench.vendor.release();
    await Promise.all([bench.worker.settle(), other.settle()]);
    const ended = (await bench.tenant.api.get(`/v1/sync-runs/${run.id}`)).body;
    expect(ended).toMatchObject({ status: "succeeded", progress: { read: 3, changed: 3 } });
    expect((await bench.records(entity)).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });
});

describe("schedules when a process has another time than the database", () => {
  const get = useServerDatabase();
  const { TZ } = process.env;
  afterEach(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });

  it.each([
    [6 * hourMs, "Pacific/Kiritimati"],
    [-6 * hourMs, "America/St_Johns"],
  ])("run by the database's: %d ms ahead, in %s", async (aheadMs, timeZone) => {
    process.env.TZ = timeZone;
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const bench = await startFeedService(get().database, { clock });
    const { id } = (await bench.schedule("Thing", { paused: false, cron: "30 2 * * *", timeZone: "Asia/Kolkata" }))
      .body;
    await bench.work();
    const path = `/v1/sync-runs?scheduleId=${id}`;
    expect((await bench.tenant.api.get(path)).body.data).toEqual([]);
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    // In Kolkata a day has 24 hours, always.
    const { rows } = await superuser.query<{ tick_at: Date }>(
      `update sync_schedules set tick_at = tick_at - interval '24 hours', due_at = now() - interval '1 second'
        where id = $1::uuid returning tick_at`,
      [id],
    );
    await superuser.end();
    await bench.work();
    const { data } = (await bench.tenant.api.get(path)).body;
    const times = data.map(({ scheduledFor }: { scheduledFor: string }) => scheduledFor);
    expect(times).toEqual([rows[0]?.tick_at.toISOString()]);
    await bench.close();
  });
});
