import { ConnectorError, type KeyProvider, LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";

const tenantCount = 12;
/** Of a batch at once. */
const atOnce = 8;

describe("key providers that rotations meet", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  const good = LocalKeyring.parse(`${k2},${k1}`);
  let sandbox: SalesforceSandbox;
  let before: TestService;
  let service: TestService | undefined;
  let platform: ApiClient;

  beforeAll(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true });
    before = await startTestService(get().database, { keys: `${k1},${k2}`, sandbox });
    for (let count = 0; count < tenantCount; count += 1) {
      const { api } = await before.createTenant();
      expect((await api.post("/v1/connectors", sandboxConnector({ sandbox }))).status).toBe(201);
    }
  });
  afterEach(async () => {
    await service?.close();
    await query("delete from key_rotations");
  });
  afterAll(async () => {
    await before?.close();
    await sandbox?.close();
  });

  async function query(sql: string): Promise<Record<string, unknown>[]> {
    const superuser = await get().server.connectAsSuperuser(get().url);
    try {
      return (await superuser.query(sql)).rows;
    } finally {
      await superuser.end();
    }
  }
  const stored = () => query("select id, wrapped, status from data_keys order by id");
  async function rotate(changes: Partial<KeyProvider>, dataKeys = false, signal?: AbortSignal) {
    const keyProvider: KeyProvider = {
      provider: good.provider,
      currentKeyId: good.currentKeyId,
      keyIds: good.keyIds,
      isCurrent: (wrapped) => good.isCurrent(wrapped),
      wrap: (key, context) => good.wrap(key, context),
      unwrap: (wrapped, context) => good.unwrap(wrapped, context),
      ...changes,
    };
    service = await startTestService(get().database, { keyProvider, sandbox });
    platform = new ApiClient(service.url, platformKey);
    const { id } = (await platform.post("/v1/keys/rotate", { dataKeys })).body;
    await service.keyRotations.runOnce(signal);
    return (await platform.get(`/v1/keys/rotations/${id}`)).body;
  }
  const allFailed = {
    status: "completed",
    progress: { dataKeys: { done: 0, failed: tenantCount, total: tenantCount } },
    failure: { code: "SEALED_VALUE_UNREADABLE" },
  };

  it("write nothing over a data key that they unwrap to something else than 32 bytes", async () => {
    const rows = await stored();
    expect(await rotate({ unwrap: async () => Buffer.alloc(0) })).toMatchObject(allFailed);
    expect(await stored()).toEqual(rows);
  });

  it("write nothing over a data key that does not open again to the same, nor make such a one", async () => {
    const rows = await stored();
    const garbage = { provider: "local", keyEncryptionKeyId: "k2", ciphertext: "AAAA" };
    const wrapOther: KeyProvider["wrap"] = (_key, context) => good.wrap(Buffer.alloc(32, 1), context);
    expect(await rotate({ wrap: async () => garbage })).toMatchObject(allFailed);
    const wrapElsewhere: KeyProvider["wrap"] = (key, context) => LocalKeyring.parse(`${k1},${k2}`).wrap(key, context);
    for (const wrap of [async () => garbage, wrapOther, wrapElsewhere]) {
      await service?.close();
      await query("delete from key_rotations");
      const failed = { dataKeys: { done: 0, failed: 2 * tenantCount }, values: { done: 0, failed: 0 } };
      expect(await rotate({ wrap }, true)).toMatchObject({ ...allFailed, progress: failed });
      expect(await stored()).toEqual(rows);
    }
  });

  it("count a value as failed whose data key they unwrap to something else, and go on", async () => {
    const unwrap: KeyProvider["unwrap"] = async (wrapped, context) =>
      wrapped.keyEncryptionKeyId === "k1" ? Buffer.alloc(0) : good.unwrap(wrapped, context);
    const rows = await stored();
    try {
      expect(await rotate({ unwrap }, true)).toMatchObject({
        status: "completed",
        progress: { dataKeys: { done: tenantCount, failed: tenantCount }, values: { done: 0, failed: tenantCount } },
        failure: { code: "SEALED_VALUE_UNREADABLE", detail: expect.stringContaining("0 bytes instead of 32") },
      });
    } finally {
      await query("delete from data_keys where status = 'active' and rotation_id is not null");
      await query("update data_keys set status = 'active', retired_at = null");
    }
    expect(await stored()).toEqual(rows);
  });

  it("make a rotation wait when they refuse, with the reason, and count no data key as failed", async () => {
    const refuse = () => Promise.reject(new ConnectorError("KEY_INVALID", "There is no engine at this mount."));
    expect(await rotate({ unwrap: refuse })).toMatchObject({
      status: "running",
      progress: { dataKeys: { done: 0, failed: 0 } },
      failure: null,
      waiting: { code: "KEY_INVALID", detail: "There is no engine at this mount." },
    });
  });

  it("that fail in the middle of a batch cost nothing of what was done before", async () => {
    let calls = 0;
    const unwrap: KeyProvider["unwrap"] = async (wrapped, context) => {
      calls += wrapped.keyEncryptionKeyId === "k1" ? 1 : 0;
      if (calls > atOnce + 1) throw new Error("socket hang up");
      return good.unwrap(wrapped, context);
    };
    const rotation = await rotate({ unwrap });
    expect(rotation).toMatchObject({ status: "running", waiting: { code: "KEY_UNAVAILABLE" } });
    const { done } = rotation.progress.dataKeys;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(tenantCount);
    const counts = await query("select count(*)::int as n from data_keys where key_encryption_key_id = 'k2'");
    expect(counts).toEqual([{ n: done }]);
  });

  it("that are slow keep a service from stopping no longer than a call under way takes", async () => {
    const stopping = new AbortController();
    let wraps = 0;
    const wrap: KeyProvider["wrap"] = async (key, context) => {
      wraps += 1;
      stopping.abort();
      return good.wrap(key, context);
    };
    const isCurrent = () => false;
    const rotation = await rotate({ wrap, isCurrent }, false, stopping.signal);
    expect(wraps).toBeLessThanOrEqual(atOnce);
    expect(rotation).toMatchObject({ status: "running", waiting: null, progress: { dataKeys: { failed: 0 } } });
    expect(rotation.progress.dataKeys.done).toBe(wraps);
    const [{ holder } = {}] = await query("select holder from key_rotations");
    expect(holder).toBeNull();
  });
});
