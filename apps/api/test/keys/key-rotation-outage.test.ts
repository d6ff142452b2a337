import { type Clock, LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeyRotationWorker } from "../../src/workers/key-rotation-worker.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";
import { WatchedKeys } from "../support/watched-keys.js";

const tenantCount = 3;
const pollMs = 7;

describe("a database that goes away while keys are rotated", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  const keys = new WatchedKeys(`${k2},${k1}`);
  let service: TestService;

  beforeAll(async () => {
    const before = await startTestService(get().database, { keys: k1 });
    for (let count = 0; count < tenantCount; count += 1) {
      const { api } = await before.createTenant();
      expect((await api.post("/v1/connectors", sandboxConnector(before))).status).toBe(201);
    }
    await before.close();
    service = await startTestService(get().database, { keyProvider: keys });
  });
  afterAll(() => service?.close());

  it("is asked again with growing pauses, and the rotation goes on from its last batch", async () => {
    const { server } = get();
    const platform = new ApiClient(service.url, platformKey);
    const { id } = (await platform.post("/v1/keys/rotate", {})).body;
    keys.beforeWrap = async () => {
      if (keys.wrapped.length === 0) return;
      keys.beforeWrap = () => undefined;
      await server.stop();
    };
    const stopping = new AbortController();
    const pauses: number[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      async sleep(ms) {
        if (ms === pollMs) stopping.abort(); // nothing is left to do
        if (ms < 1_000) return;
        pauses.push(ms);
        if (pauses.length === 3) await server.start();
      },
    };
    await new KeyRotationWorker({ ...service.services, clock, batchSize: 1, pollMs }).run(stopping.signal);
    expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect((await platform.get(`/v1/keys/rotations/${id}`)).body).toMatchObject({
      status: "completed",
      progress: { dataKeys: { done: tenantCount, failed: 0, total: tenantCount } },
    });
    // The batch that could not be written was done again, and no other.
    expect(keys.wrapped).toHaveLength(tenantCount + 1);
    const lines = service.logLines.filter((line) => line.includes("cannot be worked off"));
    expect(lines).toHaveLength(1);
  });
});
