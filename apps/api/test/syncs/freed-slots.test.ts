import { expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import { startFeedService } from "./feed/feed-service.js";

const get = useServerDatabase();

it("whoever waits is begun as soon as a run has ended, not with the next look", { timeout: 30_000 }, async () => {
  const bench = await startFeedService(get().database);
  const { api } = bench.tenant;
  const runs: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    const { body } = await bench.schedule(`Thing${n}`);
    runs.push((await api.post(`/v1/schedules/${body.id}/run`, {})).body.id);
  }
  const stopping = new AbortController();
  // Of its two slots, one is kept from the only tenant.
  const working = new SyncWorker(bench.service.services, { slots: 2, pollMs: 600_000 }).run(stopping.signal);
  const statuses = () => Promise.all(runs.map(async (id) => (await api.get(`/v1/sync-runs/${id}`)).body.status));
  await expect.poll(statuses, { timeout: 20_000, interval: 50 }).toEqual(runs.map(() => "succeeded"));
  stopping.abort();
  await working;
  await bench.close();
});
