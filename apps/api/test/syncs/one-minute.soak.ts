import { LocalKeyring } from "@isthmus/core";
import { afterAll, describe, expect, it } from "vitest";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { startFeedService } from "./feed/feed-service.js";

const schedules = Number(process.env.SOAK_SCHEDULES ?? 10_000);

describe(`${schedules} schedules of one minute, two workers`, () => {
  const get = useServerDatabase();
  const started: LoadsProcess[] = [];

  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGKILL");
      await ended;
    }
  });

  it("run once each", { timeout: 1_200_000 }, async () => {
    const keys = LocalKeyring.generate();
    const bench = await startFeedService(get().database, { keys });
    const superuser = await get().server.connectAsSuperuser(get().url);
    const one = async (sql: string, ...values: unknown[]) => (await superuser.query(sql, values)).rows[0];
    const task = { keys, platformKey, vendorHost: bench.vendor.host, runLeaseMs: 30_000, role: "worker" } as const;
    for (let worker = 0; worker < 2; worker += 1) {
      started.push(await startLoadsProcess({ ...task, database: { url: get().url } }));
    }
    // Their entities were read before: what comes is an incremental run.
    await superuser.query(
      `insert into sync_states (tenant_id, connector_id, entity, cursor)
       select $1::uuid, $2::uuid, 'Thing' || n, '{"v":1,"after":0}' from generate_series(1, $3::int) n`,
      [bench.tenant.tenantId, bench.connectorId, schedules],
    );
    await superuser.query(
      `insert into sync_schedules (id, tenant_id, connector_id, entity, mode, cron, time_zone, overlap, catch_up, tick_at, due_at, created_by)
       select gen_random_uuid(), $1::uuid, $2::uuid, 'Thing' || n, 'incremental', '0 3 * * *', 'UTC', 'skip', 'once',
         date_trunc('minute', now()), now(), $3::uuid
       from generate_series(1, $4::int) n`,
      [bench.tenant.tenantId, bench.connectorId, bench.tenant.userId, schedules],
    );
    const { now: dueAt } = await one("select clock_timestamp() as now");
    const ended = async () =>
      Number((await one("select count(*) as ended from sync_runs where ended_at is not null")).ended);
    await expect.poll(ended, { timeout: 1_000_000, interval: 500 }).toBe(schedules);
    expect(
      await one(
        "select count(*)::int as runs, count(distinct schedule_id)::int as schedules, count(*) filter (where status <> 'succeeded')::int as failed from sync_runs",
      ),
    ).toEqual({ runs: schedules, schedules, failed: 0 });
    const late = await one(
      `select round(extract(epoch from percentile_cont(0.5) within group (order by started_at - $1::timestamptz))::numeric, 1)::float8 as p50,
         round(extract(epoch from percentile_cont(0.99) within group (order by started_at - $1::timestamptz))::numeric, 1)::float8 as p99
       from sync_runs`,
      dueAt,
    );
    process.stdout.write(`${JSON.stringify({ schedules, lateSeconds: late })}\n`);
    await superuser.end();
    await bench.close();
  });
});
