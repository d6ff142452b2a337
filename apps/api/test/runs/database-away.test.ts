import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadsService, startLoadsService } from "../support/loads/loads-service.js";
import { useServerDatabase } from "../support/server-database.js";

describe("operation runs while the database is away", { timeout: 90_000 }, () => {
  const get = useServerDatabase();
  let bench: LoadsService;

  beforeAll(async () => {
    bench = await startLoadsService(get().database, { runLeaseMs: 1_000 });
  });
  afterAll(() => bench?.close());

  const startAgain = async () => {
    await get().server.start();
    await expect.poll(async () => (await bench.tenant.api.get("/readyz")).status, { timeout: 30_000 }).toBe(200);
  };
  /** Lets the worker do what is due until the run has ended. */
  const ended = async (id: string) => {
    const step = async () => {
      await bench.work();
      return (await bench.read(id)).endedAt;
    };
    await expect.poll(step, { timeout: 30_000, interval: 100 }).not.toBeNull();
    return bench.read(id);
  };

  it("lose nothing that the vendor did when it goes in the middle of a look: the same look is taken again", async () => {
    const { id } = (await bench.load()).body;
    bench.vendor.looksNeeded = 1;
    bench.vendor.once("GET", async (_request, response) => {
      await get().server.stop();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ state: "done", processed: 3, total: 3 }));
    });
    expect(await bench.work()).toBe(1);
    await startAgain();
    expect(await ended(id)).toMatchObject({ status: "succeeded", output: { loaded: 3 } });
  });

  it("are ended at the vendor by the request that begins them when their checkpoint cannot be stored", async () => {
    const made = bench.vendor.loads.length;
    bench.vendor.once("POST /loads", async (_request, response) => {
      bench.vendor.loads.push({ id: `load-${made + 1}`, looks: 0, rows: undefined, state: "open" });
      await get().server.stop();
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ id: `load-${made + 1}` }));
    });
    const refused = await bench.load();
    expect(refused).toMatchObject({ status: 503, body: { code: "DATABASE_UNAVAILABLE", retryable: true } });
    expect(bench.vendor.loads.at(-1)).toMatchObject({ state: "aborted", rows: undefined });
    await startAgain();
    const id = String(refused.headers.get("location")).split("/").at(-1) ?? "";
    expect(await ended(id)).toMatchObject({ status: "failed", error: { code: "OPERATION_RUN_INTERRUPTED" } });
  });
});
