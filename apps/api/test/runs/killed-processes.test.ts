import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { startTestServer } from "../support/databases.js";
import { beginLoad, loadsConnector } from "../support/loads/loads-service.js";
import { type LoadsVendor, startLoadsVendor } from "../support/loads/loads-vendor.js";
import { type LoadsProcess, type LoadsProcessTask, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { platformKey } from "../support/service.js";

const places = [
  [
    "embedded",
    async () => {
      const dataDirectory = await mkdtemp(join(tmpdir(), "isthmus-runs-"));
      return { database: { dataDirectory }, remove: () => rm(dataDirectory, { recursive: true, force: true }) };
    },
  ],
  [
    "server",
    async () => {
      const server = await startTestServer();
      return { database: { url: await server.createDatabase() }, remove: () => server.destroy() };
    },
  ],
] as const;

describe.each(places)("operation runs of processes that end (%s)", { timeout: 120_000 }, (kind, openPlace) => {
  let place: { readonly database: LoadsProcessTask["database"]; remove(): Promise<void> };
  let vendor: LoadsVendor;
  let task: LoadsProcessTask;
  const started: LoadsProcess[] = [];

  beforeEach(async () => {
    place = await openPlace();
    vendor = await startLoadsVendor();
    task = {
      database: place.database,
      keys: LocalKeyring.generate(),
      platformKey,
      vendorHost: vendor.host,
      runLeaseMs: 2_000,
    };
  }, 120_000);
  afterEach(async () => {
    for (const each of started.splice(0)) {
      each.child.kill("SIGKILL");
      await each.ended;
    }
    await vendor.close();
    await place.remove();
  });

  const start = async (changes: Partial<LoadsProcessTask> = {}): Promise<LoadsProcess> => {
    const process = await startLoadsProcess({ ...task, ...changes });
    started.push(process);
    return process;
  };
  const kill = async ({ child, ended }: LoadsProcess) => {
    child.kill("SIGKILL");
    expect(await ended).toMatchObject({ signal: "SIGKILL" });
  };
  const connect = async (url: string) => {
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Runs", administrator });
    const { key } = made.body.apiKey;
    const created = await new ApiClient(url, key).post("/v1/connectors", loadsConnector(vendor));
    return { key: String(key), connectorId: String(created.body.id) };
  };
  const ended = async (api: ApiClient, id: string) => {
    const read = async () => (await api.get(`/v1/operation-runs/${id}`)).body;
    // A run is taken from the dead when their lease is over.
    await expect.poll(async () => (await read()).endedAt, { timeout: 40_000, interval: 100 }).not.toBeNull();
    return read();
  };

  it("go on in another process after kill -9 in the middle of a look, by their state", async () => {
    const first = await start();
    const { key, connectorId } = await connect(first.url);
    vendor.looksNeeded = 3;
    const asked = vendor.asked("GET");
    vendor.once("GET", () => undefined); // no answer: the process dies while it waits for one
    const { id } = (await beginLoad(new ApiClient(first.url, key), connectorId)).body;
    await asked;
    await kill(first);

    const second = await start();
    expect(await ended(new ApiClient(second.url, key), id)).toMatchObject({
      status: "succeeded",
      progress: { processed: 3, failed: 0, total: 3 },
      output: { loadId: "load-1", loaded: 3 },
    });
    expect(vendor.loads).toHaveLength(1);
  });

  // That a row outlives its process on either kind of database is shown above; what follows has nothing to do with the kind.
  const itOnServer = kind === "server" ? it : () => undefined;
  itOnServer(
    "are ended at the vendor by their last checkpoint after kill -9 in the middle of their start, and say so",
    async () => {
      const first = await start();
      const { key, connectorId } = await connect(first.url);
      const asked = vendor.asked("PUT");
      vendor.once("PUT", () => undefined);
      const begun = beginLoad(new ApiClient(first.url, key), connectorId).catch((error: unknown) => error);
      await asked;
      await kill(first);
      expect(await begun).toBeInstanceOf(Error);

      const second = await start();
      const api = new ApiClient(second.url, key);
      const [run] = (await api.get("/v1/operation-runs")).body.data;
      expect(await ended(api, run.id)).toMatchObject({
        status: "failed",
        error: { code: "OPERATION_RUN_INTERRUPTED", detail: expect.stringContaining("was cancelled there") },
      });
      expect(vendor.loads).toMatchObject([{ state: "aborted" }]);
    },
  );

  itOnServer("are given to the next process at once by one that is told to stop, whatever it was at", async () => {
    const first = await start({ graceMs: 300, runLeaseMs: 60_000 });
    const { key, connectorId } = await connect(first.url);
    const asked = vendor.asked("GET");
    vendor.once("GET", () => undefined);
    const { id } = (await beginLoad(new ApiClient(first.url, key), connectorId)).body;
    await asked;
    first.child.kill("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, signal: null });

    // Nobody waits for the lease of a minute.
    const second = await start();
    expect(await ended(new ApiClient(second.url, key), id)).toMatchObject({ status: "succeeded" });
  });

  itOnServer("that are being started when the process is told to stop are ended by the next one", async () => {
    const first = await start({ graceMs: 300, runLeaseMs: 60_000 });
    const { key, connectorId } = await connect(first.url);
    const asked = vendor.asked("PUT");
    vendor.once("PUT", () => undefined);
    const begun = beginLoad(new ApiClient(first.url, key), connectorId).catch((error: unknown) => error);
    await asked;
    first.child.kill("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, signal: null });
    await begun;

    const second = await start();
    const api = new ApiClient(second.url, key);
    const [run] = (await api.get("/v1/operation-runs")).body.data;
    expect(await ended(api, run.id)).toMatchObject({
      status: "failed",
      error: { code: "OPERATION_RUN_INTERRUPTED" },
    });
    expect(vendor.loads).toMatchObject([{ state: "aborted" }]);
  });
});
