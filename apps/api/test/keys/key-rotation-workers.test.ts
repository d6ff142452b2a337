import { LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { removeEverything } from "../support/remove-everything.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";
import { WatchedKeys } from "../support/watched-keys.js";

const tenantCount = 4;

describeLongWork("workers that rotate keys", (get) => {
  let sandbox: SalesforceSandbox;
  const started: TestService[] = [];
  let keys: WatchedKeys;
  let otherKeys: WatchedKeys;
  let service: TestService;
  let other: TestService;
  let platform: ApiClient;

  beforeAll(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true });
  });
  afterAll(() => sandbox?.close());
  beforeEach(async () => {
    const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
    const before = await startTestService(get().database, { keys: k1, sandbox });
    for (let count = 0; count < tenantCount; count += 1) {
      const { api } = await before.createTenant();
      expect((await api.post("/v1/connectors", sandboxConnector({ sandbox }))).status).toBe(201);
    }
    keys = new WatchedKeys(`${k2},${k1}`);
    otherKeys = new WatchedKeys(`${k2},${k1}`);
    service = await startTestService(get().database, { keyProvider: keys, sandbox, batchSize: 1 });
    other = await startTestService(get().database, { keyProvider: otherKeys, sandbox, batchSize: 1 });
    started.push(before, service, other);
    platform = new ApiClient(service.url, platformKey);
  });
  afterEach(async () => {
    for (const each of started.splice(0)) await each.close();
    await removeEverything(get());
  });

  const begin = async (dataKeys = false): Promise<string> =>
    (await platform.post("/v1/keys/rotate", { dataKeys })).body.id;
  const now = async (id: string) => (await platform.get(`/v1/keys/rotations/${id}`)).body;
  const stored = async () => (await get().queryPastGuards("select * from key_rotations"))[0];

  it("do each thing once when they work at the same time", async () => {
    const id = await begin(true);
    const worked = await Promise.all([service.keyRotations.runOnce(), other.keyRotations.runOnce()]);
    expect(worked.toSorted()).toEqual([false, true]);
    const all = [...keys.wrapped, ...otherKeys.wrapped];
    expect(all).toHaveLength(2 * tenantCount);
    expect(new Set(all).size).toBe(all.length);
    expect(await now(id)).toMatchObject({
      status: "completed",
      progress: {
        dataKeys: { done: 2 * tenantCount, failed: 0, total: 2 * tenantCount },
        values: { done: tenantCount, failed: 0, total: tenantCount },
      },
    });
  });

  it("go on where one that died was, once its lease is over, and what it still brings changes nothing", async () => {
    const id = await begin();
    const revived = Promise.withResolvers<void>();
    const hung = Promise.withResolvers<void>();
    keys.beforeWrap = () => {
      if (keys.wrapped.length < 2) return;
      hung.resolve();
      return revived.promise;
    };
    const first = service.keyRotations.runOnce();
    await hung.promise;
    expect(await now(id)).toMatchObject({ status: "running", progress: { dataKeys: { done: 2, total: tenantCount } } });
    expect(await other.keyRotations.runOnce()).toBe(false);
    await get().queryPastGuards("update key_rotations set lease_until = now() - interval '1 second'");
    otherKeys.beforeWrap = async () => {
      if (otherKeys.wrapped.length !== 1) return;
      // The first one wakes up in the middle of the second one's work.
      revived.resolve();
      expect(await first).toBe(true);
      expect(await now(id)).toMatchObject({ status: "running", progress: { dataKeys: { done: 3 } } });
    };
    expect(await other.keyRotations.runOnce()).toBe(true);
    expect(await now(id)).toMatchObject({
      status: "completed",
      progress: { dataKeys: { done: tenantCount, failed: 0 } },
    });
    // The second one began behind the first one's last batch.
    expect(otherKeys.wrapped).toHaveLength(tenantCount - 2);
    expect(service.logLines.join("\n")).toContain("Another worker has taken the rotation of keys over");
  });

  it("stop with the next batch, and go on from there when told to", async () => {
    const id = await begin();
    keys.beforeWrap = async () => {
      if (keys.wrapped.length === 1) expect((await platform.post(`/v1/keys/rotations/${id}/stop`)).status).toBe(200);
    };
    expect(await service.keyRotations.runOnce()).toBe(true);
    expect(await now(id)).toMatchObject({ status: "stopped", progress: { dataKeys: { done: 2, total: tenantCount } } });
    expect(await service.keyRotations.runOnce()).toBe(false);
    expect((await platform.post(`/v1/keys/rotations/${id}/stop`)).body).toMatchObject({ status: "stopped" });
    expect((await platform.post(`/v1/keys/rotations/${id}/resume`)).body).toMatchObject({ status: "running" });
    expect(await other.keyRotations.runOnce()).toBe(true);
    expect(await now(id)).toMatchObject({ status: "completed", progress: { dataKeys: { done: tenantCount } } });
    expect(new Set([...keys.wrapped, ...otherKeys.wrapped]).size).toBe(keys.wrapped.length + otherKeys.wrapped.length);
    const { body } = await platform.get("/v1/platform/audit-events?limit=4");
    expect(body.data.map(({ action, ip }: { action: string; ip: string | null }) => [action, ip])).toEqual([
      ["key_rotation.completed", null],
      ["key_rotation.resumed", "127.0.0.1"],
      ["key_rotation.stopped", "127.0.0.1"],
      ["key_rotation.begun", "127.0.0.1"],
    ]);
  });

  it("make no second data key for a tenant when they go on with a rotation", async () => {
    const id = await begin(true);
    keys.beforeWrap = async () => {
      if (keys.wrapped.length === tenantCount + 1) await platform.post(`/v1/keys/rotations/${id}/stop`);
    };
    await service.keyRotations.runOnce();
    await get().queryPastGuards("update key_rotations set cursor = null where phase = 'replacing'");
    await platform.post(`/v1/keys/rotations/${id}/resume`);
    await other.keyRotations.runOnce();
    const counts = await get().queryPastGuards("select count(*)::int as n from data_keys group by tenant_id");
    expect(counts).toEqual(Array.from({ length: tenantCount }, () => ({ n: 2 })));
  });

  it("wait for a key provider that is away, longer each time, and go on once it is back", async () => {
    const id = await begin();
    keys.beforeWrap = () => {
      throw new Error("socket hang up");
    };
    const pauses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      expect(await service.keyRotations.runOnce()).toBe(true);
      const { waiting, updatedAt, status } = await now(id);
      expect([status, waiting.code]).toEqual(["running", "KEY_UNAVAILABLE"]);
      pauses.push(Math.round((Date.parse(waiting.until) - Date.parse(updatedAt)) / 1_000));
      expect(await other.keyRotations.runOnce()).toBe(false);
      await get().queryPastGuards("update key_rotations set retry_at = now() - interval '1 second'");
    }
    expect(pauses).toEqual([1, 2, 4]);
    keys.beforeWrap = () => undefined;
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({
      status: "completed",
      waiting: null,
      progress: { dataKeys: { done: tenantCount, failed: 0 } },
    });
  });

  it("end with their service: the batch at work is written, and another takes over at once", async () => {
    const id = await begin();
    const stopping = new AbortController();
    keys.beforeWrap = () => stopping.abort();
    await service.keyRotations.run(stopping.signal);
    expect(await now(id)).toMatchObject({ status: "running", progress: { dataKeys: { done: 1 } } });
    expect(await stored()).toMatchObject({ holder: null, lease_until: null });
    expect(await other.keyRotations.runOnce()).toBe(true);
    expect(await now(id)).toMatchObject({ status: "completed" });
  });

  it("leave a rotation alone that is to another key than they wrap with: not restarted yet, they would undo it", async () => {
    const id = await begin(true);
    const [late] = started; // it was started with the old key alone
    expect(await late?.keyRotations.runOnce()).toBe(false);
    expect(await now(id)).toMatchObject({
      status: "running",
      keyEncryptionKeyId: "k2",
      progress: { dataKeys: { done: 0 } },
    });
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({ status: "completed" });
  });

  it("have one rotation at a time", async () => {
    const first = await begin();
    const running = { status: 409, body: { code: "KEY_ROTATION_RUNNING", retryable: false } };
    expect(await platform.post("/v1/keys/rotate", {})).toMatchObject(running);
    await platform.post(`/v1/keys/rotations/${first}/stop`);
    const second = await begin();
    expect(await platform.post(`/v1/keys/rotations/${first}/resume`)).toMatchObject(running);
    await service.keyRotations.runOnce();
    expect(await platform.post(`/v1/keys/rotations/${second}/resume`)).toMatchObject({
      status: 409,
      body: { code: "CONFLICT" },
    });
    expect((await platform.post(`/v1/keys/rotations/${second}/stop`)).body).toMatchObject({ status: "completed" });
    const { body } = await platform.get("/v1/keys/rotations?limit=1");
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([second]);
    const next = await platform.get(`/v1/keys/rotations?limit=1&cursor=${body.nextCursor}`);
    expect(next.body).toMatchObject({ data: [{ id: first, status: "stopped" }], nextCursor: null });
    for (const path of ["", "/stop", "/resume"]) {
      const address = `/v1/keys/rotations/${crypto.randomUUID()}${path}`;
      expect((await (path === "" ? platform.get(address) : platform.post(address))).status).toBe(404);
    }
  });
});
