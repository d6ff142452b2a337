import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadsService, startLoadsService } from "../support/loads/loads-service.js";
import { useServerDatabase } from "../support/server-database.js";

const runLeaseMs = 600;

describe("the lease of an operation run", () => {
  const get = useServerDatabase();
  let bench: LoadsService;

  beforeAll(async () => {
    bench = await startLoadsService(get().database, { runLeaseMs });
  });
  afterAll(() => bench?.close());

  it("lasts as long as the vendor takes to answer, however long that is", async () => {
    const { id } = (await bench.load()).body;
    bench.vendor.looksNeeded = 1;
    const release = Promise.withResolvers<void>();
    const asked = bench.vendor.asked("GET");
    bench.vendor.once("GET", async (_request, response) => {
      await release.promise;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ state: "done", processed: 3, total: 3 }));
    });
    const working = bench.work();
    await asked;
    // Real time: leases run by the clock of the database.
    await delay(2 * runLeaseMs);
    expect(await bench.worker.beginDue()).toBe(0);
    release.resolve();
    await working;
    expect(await bench.read(id)).toMatchObject({ status: "succeeded" });
  });

  it("tells whoever is at a run that it is to be cancelled, and a vendor that does not answer is not waited for", async () => {
    const { id } = (await bench.load()).body;
    const asked = bench.vendor.asked("GET");
    bench.vendor.once("GET", () => undefined);
    const working = bench.work();
    await asked;
    const cancel = await bench.tenant.api.post(`/v1/operation-runs/${id}/cancel`);
    expect(cancel.body).toMatchObject({ status: "cancelling" });
    await working;
    expect(await bench.work()).toBe(1);
    expect(await bench.read(id)).toMatchObject({ status: "cancelled", error: null });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });

  it("tells a request that begins a run the same: its bytes go nowhere any more", async () => {
    const asked = bench.vendor.asked("PUT");
    bench.vendor.once("PUT", () => undefined);
    const beginning = bench.load();
    await asked;
    const [run] = (await bench.tenant.api.get("/v1/operation-runs?status=starting")).body.data;
    await bench.tenant.api.post(`/v1/operation-runs/${run.id}/cancel`);
    expect(await beginning).toMatchObject({ status: 202, body: { id: run.id, status: "cancelled" } });
    expect(bench.vendor.loads.at(-1)?.state).toBe("aborted");
  });
});
