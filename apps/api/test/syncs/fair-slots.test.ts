import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

describe("the slots of a worker", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let busy: FeedService;
  let other: FeedService;

  beforeAll(async () => {
    const keys = LocalKeyring.generate();
    other = await startFeedService(get().database, { keys });
    busy = await startFeedService(get().database, { keys, hosts: [other.vendor.host] });
  });
  afterAll(async () => {
    busy.vendor.release();
    await busy.close();
    await other.close();
  });

  const ask = async ({ schedule, tenant }: FeedService, entity: string): Promise<string> => {
    const { body } = await schedule(entity);
    return String((await tenant.api.post(`/v1/schedules/${body.id}/run`, {})).body.id);
  };

  it("are not all filled by the backfills of one tenant: another's schedule begins within a look", async () => {
    other.vendor.put("Thing", "t", { n: 1 });
    const { body: schedule } = await other.schedule("Thing");
    expect(await other.run(schedule.id)).toMatchObject({ status: "succeeded" });

    const held = busy.vendor.hold(0);
    for (let n = 0; n < 50; n += 1) await ask(busy, `Thing${n}`);
    const worker = new SyncWorker(busy.service.services, { slots: 8 });
    expect(await worker.beginDue()).toBe(4);
    await held;
    expect(await worker.beginDue()).toBe(0);

    other.vendor.put("Thing", "t", { n: 2 });
    const { body: run } = await other.tenant.api.post(`/v1/schedules/${schedule.id}/run`, {});
    expect(await worker.beginDue()).toBe(1);
    const read = async () => (await other.tenant.api.get(`/v1/sync-runs/${run.id}`)).body;
    await expect.poll(async () => (await read()).status, { interval: 50 }).toBe("succeeded");

    busy.vendor.release();
    await worker.settle();
    // Whose slot is free again is taken by the next.
    expect(await worker.beginDue()).toBe(4);
    await worker.settle();
  });

  it("leave one to others, whatever a tenant's runs are", async () => {
    const claim = (underWay: number) =>
      get().database.asSystem(({ syncs }) =>
        syncs.claimRuns(8, 0, {
          underWay: Array.from({ length: underWay }, () => busy.tenant.tenantId),
          tenantAtMost: 7,
          longAtMost: 8,
        }),
      );
    await ask(other, "First");
    const tenants = async (underWay: number) => (await claim(underWay)).map(({ tenantId }) => tenantId).sort();
    const [ours, theirs] = [busy.tenant.tenantId, other.tenant.tenantId];
    expect(await tenants(7)).toEqual([theirs]);
    expect(await tenants(6)).toEqual([ours, theirs].sort());
    expect((await tenants(0)).filter((tenantId) => tenantId === ours)).toHaveLength(7);
  });
});
