import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

const leaseMs = 1_500;

describe("syncs of processes that end", { timeout: 120_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  const started: LoadsProcess[] = [];
  let bench: FeedService;

  beforeAll(async () => {
    bench = await startFeedService(get().database, { keys });
  });
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGKILL");
      await ended;
    }
    await bench?.close();
  });

  const startWorker = async (): Promise<LoadsProcess> => {
    const task = { keys, platformKey, vendorHost: bench.vendor.host, runLeaseMs: leaseMs, role: "worker" } as const;
    const process = await startLoadsProcess({ ...task, database: { url: get().url } });
    started.push(process);
    return process;
  };

  it("are gone on with by others, and nothing is lost or stored twice: killed, frozen and woken, the vendor away in between", async () => {
    const { vendor, tenant } = bench;
    for (let n = 1; n <= 40; n += 1) vendor.put("Thing", `t${n}`, { n });
    const { body: schedule } = await bench.schedule("Thing");
    const { body: run } = await tenant.api.post(`/v1/schedules/${schedule.id}/run`, {});

    const reached10 = vendor.hold(10);
    const killed = await startWorker();
    await reached10;
    killed.child.kill("SIGKILL");
    await killed.ended;
    vendor.release();

    const reached20 = vendor.hold(20);
    const frozen = await startWorker();
    await reached20;
    frozen.child.kill("SIGSTOP");
    const answered = vendor.requests.length;
    vendor.release();

    const reached30 = vendor.hold(30);
    await startWorker();
    await reached30;
    // The one that was taken for dead goes on with its page now, and may store nothing of it.
    frozen.child.kill("SIGCONT");
    vendor.failAfter("Thing", 0, 503);
    vendor.release();

    const read = async () => (await tenant.api.get(`/v1/sync-runs/${run.id}`)).body;
    await expect.poll(async () => (await read()).status, { timeout: 60_000, interval: 100 }).toBe("succeeded");
    expect(await read()).toMatchObject({ progress: { read: 40, changed: 40, unchanged: 0, deleted: 0, failed: 0 } });
    const records = await bench.records("Thing");
    expect(new Map(records.map(({ id, data }) => [id, data]))).toEqual(vendor.records("Thing"));
    // One version for each record: nothing was written a second time.
    expect(records.map(({ version }) => Number(version))).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    // Each page was read once, but for the one that was frozen, the one that its process asked for before it heard that it had lost
    // the run, and the one that the vendor refused.
    const pages = vendor.requests.slice(answered);
    expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(3);
  });
});
