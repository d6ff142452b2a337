import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { Choices } from "../../faults/support/choices.js";
import { startReceiver } from "../../outbox/receiver.js";
import {
  type LoadsProcess,
  type LoadsProcessTask,
  startLoadsProcess,
} from "../../support/loads/start-loads-process.js";
import type { ServerDatabase } from "../../support/server-database.js";
import { platformKey } from "../../support/service.js";
import { feedConnector, startFeedService } from "../feed/feed-service.js";

/** How much goes wrong, and with what. */
export interface ChaosOptions {
  readonly seed: number;
  /** As in ISTHMUS_KEYS. */
  readonly keys: string;
  readonly processes: number;
  readonly connectors: number;
  readonly records: number;
  readonly pageSize: number;
  readonly runLeaseMs: number;
  /** Between two kills, in milliseconds; the next process is started at once. */
  readonly killEveryMs: number;
  /** At the least. More where the syncs are not done by then. */
  readonly kills: number;
}

/** What a round has seen. */
export interface ChaosReport {
  readonly kills: number;
  /** Answers of the vendor that were none. */
  readonly troubles: number;
  /** Changes that the vendor made while it was read. */
  readonly changes: number;
  readonly events: number;
  readonly seconds: number;
}

const queryText = {
  records: "select external_id as id, data, deleted from records where connector_id = $1",
  /** Versions of the entity, and what its events say of them. */
  versions: `
    select s.record_version::int as versions, (
      select count(*)::int from outbox_events o where o.connector_id = s.connector_id and o.type like 'record.%'
    ) as events, (
      select count(distinct o.payload ->> 'version')::int from outbox_events o
      where o.connector_id = s.connector_id and o.type like 'record.%'
    ) as told, (
      select count(*)::int from records r where r.connector_id = s.connector_id and not exists (
        select from outbox_events o where o.connector_id = s.connector_id
          and (o.payload ->> 'version')::bigint = r.version & ((1::bigint << 36) - 1)
          and o.payload ->> 'externalId' = r.external_id and (r.deleted or o.payload -> 'record' = r.data)
      )
    ) as untold
    from sync_states s where s.connector_id = $1`,
};

/**
 * Reads many connectors with several processes, kills one again and again while the vendor refuses, overloads and breaks off, and
 * changes its records all the time. Then lets it be calm, and compares: what is stored with what the vendor has, and the events
 * with the versions.
 */
export async function runChaos(bench: ServerDatabase, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, keys, pageSize, runLeaseMs } = options;
  const beganAt = performance.now();
  const choices = new Choices(seed);
  const receiver = await startReceiver();
  const { vendor, tenant, close } = await startFeedService(bench.database, { keys, hosts: [receiver.host] });
  const { api } = tenant;
  const task: LoadsProcessTask = {
    database: { url: bench.url },
    ...{ keys, platformKey, vendorHost: vendor.host, hosts: [receiver.host], runLeaseMs, role: "worker" },
  };
  const running: LoadsProcess[] = [];
  const superuser = await bench.server.connectAsSuperuser(bench.url);
  const query = async (sql: string, ...values: unknown[]) => (await superuser.query(sql, values)).rows;

  const connectors = await Promise.all(
    Array.from({ length: options.connectors }, async (_, index) => {
      const entity = `Thing${index}`;
      for (let id = 0; id < options.records; id += 1) vendor.put(entity, `${id}`, { id, text: `first of ${entity}` });
      const body = { ...feedConnector(vendor), configuration: { pageSize } };
      const { id } = (await api.post("/v1/connectors", body)).body;
      const schedule = { entity, cron: "0 3 * * *", paused: true };
      const { id: scheduleId } = (await api.post(`/v1/connectors/${id}/schedules`, schedule)).body;
      return { id: String(id), entity, scheduleId: String(scheduleId) };
    }),
  );
  const webhook = await api.post("/v1/webhooks", { url: receiver.url, eventTypes: ["record.*"] });
  expect(webhook.status).toBe(201);
  const askAll = () => Promise.all(connectors.map(({ scheduleId }) => api.post(`/v1/schedules/${scheduleId}/run`, {})));
  const openRuns = async () =>
    Number((await query("select count(*)::int as open from sync_runs where ended_at is null"))[0]?.open);

  let [troubles, changes, kills] = [0, 0, 0];
  vendor.disturb(() => {
    const what = ([429, 503, "cut"] as const)[choices.below(40)];
    if (what !== undefined) troubles += 1;
    return what;
  });
  const change = () => {
    const { entity } = choices.pick(connectors);
    const id = `${choices.below(options.records)}`;
    if (choices.below(5) === 0) vendor.remove(entity, id);
    else vendor.put(entity, id, { id, text: `change ${changes} of ${entity}` });
    changes += 1;
  };
  const start = async () => void running.push(await startLoadsProcess(task));
  const killOne = async () => {
    const victim = running.splice(choices.below(running.length), 1)[0];
    victim?.child.kill("SIGKILL");
    await victim?.ended;
    kills += 1;
  };

  try {
    await Promise.all(Array.from({ length: options.processes }, start));
    await askAll();
    while (kills < options.kills || (await openRuns()) > 0) {
      // Real time: processes of their own are at work meanwhile.
      await delay(options.killEveryMs);
      for (let count = choices.below(20); count > 0; count -= 1) change();
      if (kills < options.kills * 3) await Promise.all([killOne(), start()]);
      if ((await openRuns()) === 0 && kills < options.kills) await askAll();
    }
    vendor.disturb(undefined);
    await askAll();
    await expect.poll(openRuns, { timeout: 120_000, interval: 200 }).toBe(0);
    const failed = await query("select error from sync_runs where status <> 'succeeded'");
    expect(failed).toEqual([]);

    let events = 0;
    for (const { id, entity } of connectors) {
      const rows = await query(queryText.records, id);
      const living = rows.filter(({ deleted }) => !deleted).map((row) => [row.id, row.data] as const);
      expect(new Map(living)).toEqual(vendor.records(entity));
      const [versions] = await query(queryText.versions, id);
      expect(versions, entity).toEqual({
        versions: versions?.versions,
        events: versions?.versions,
        told: versions?.versions,
        untold: 0,
      });
      events += Number(versions?.events);
    }
    return { kills, troubles, changes, events, seconds: Math.round((performance.now() - beganAt) / 1_000) };
  } finally {
    for (const { child, ended } of running) {
      child.kill("SIGKILL");
      await ended;
    }
    await superuser.end();
    await close();
    await receiver.close();
  }
}
