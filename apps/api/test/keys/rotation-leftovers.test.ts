import { LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { removeEverything } from "../support/remove-everything.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";
import { WatchedKeys } from "../support/watched-keys.js";

describeLongWork("what is written while keys are rotated, or after", (get) => {
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  let sandbox: SalesforceSandbox;
  let keys: WatchedKeys;
  /** Runs with the old key first, and with the new one first. */
  let before: TestService;
  let service: TestService;
  let platform: ApiClient;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true });
  });
  afterAll(() => sandbox?.close());
  beforeEach(async () => {
    keys = new WatchedKeys(`${k2},${k1}`);
    before = await startTestService(get().database, { keys: `${k1},${k2}`, sandbox });
    service = await startTestService(get().database, { keyProvider: keys, sandbox, batchSize: 1 });
    platform = new ApiClient(service.url, platformKey);
    tenant = await before.createTenant();
    connectorId = await addConnector(tenant);
  });
  afterEach(async () => {
    await service.close();
    await before.close();
    await removeEverything(get());
  });

  const query = (sql: string) => get().queryPastGuards(sql);
  const addConnector = async ({ api }: TestTenantClient): Promise<string> =>
    (await api.post("/v1/connectors", sandboxConnector({ sandbox }))).body.id;
  const begin = async (dataKeys: boolean, api = platform): Promise<string> =>
    (await api.post("/v1/keys/rotate", { dataKeys })).body.id;
  const now = async (id: string) => (await platform.get(`/v1/keys/rotations/${id}`)).body;
  const retired = () => query("select id::text as id, retired_at from data_keys where status = 'retired'");
  /** Retired keys look as if they had been retired so long ago. */
  const age = (hours: number) =>
    query(`update data_keys set retired_at = now() - interval '${hours} hours' where status = 'retired' returning id`);
  const place = () => ({
    tenantId: tenant.tenantId,
    table: "connectors",
    recordId: connectorId,
    field: "credentials",
  });
  const write = (sealed: object) =>
    query(
      `update connectors set credentials = '${JSON.stringify(sealed)}'::jsonb where id = '${connectorId}' returning id`,
    );
  const staleValues = async (): Promise<number> => (await platform.get("/v1/keys")).body.staleValues;

  it("keeps a data key for a day after a value left it, however long ago it was retired", async () => {
    const id = await begin(true);
    keys.beforeWrap = async () => {
      const [{ phase } = {}] = await query("select phase::text as phase from key_rotations");
      if (phase === "replacing") await platform.post(`/v1/keys/rotations/${id}/stop`);
    };
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({ status: "stopped", progress: { values: { done: 0 } } });
    await age(49);
    expect((await platform.post(`/v1/keys/rotations/${id}/resume`)).status).toBe(200);
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({ status: "completed", progress: { values: { done: 1, failed: 0 } } });
    expect(await retired()).toHaveLength(1);
    await age(25);
    await service.keyRotations.housekeep();
    expect(await retired()).toHaveLength(0);
  });

  it("seals again what landed under a retired data key after the end, and keeps that key for another day", async () => {
    const sealer = await service.services.vault.sealer(place()); // a write that has taken its key
    const id = await begin(true);
    await service.keyRotations.runOnce();
    expect([(await now(id)).status, await staleValues()]).toEqual(["completed", 0]);
    await age(25);
    await write(sealer.seal({ clientId: "late" }));
    expect(await staleValues()).toBe(1);

    await service.keyRotations.housekeep();
    expect(await staleValues()).toBe(0);
    expect(await retired()).toHaveLength(1);
    const [row] = await query(`select credentials as sealed from connectors where id = '${connectorId}'`);
    expect(await service.services.vault.open(row?.sealed, place())).toEqual({ clientId: "late" });
    expect(service.logLines.join("\n")).toContain("were sealed again");
  });

  it("leaves stale values alone while a rotation was stopped by somebody", async () => {
    const sealer = await service.services.vault.sealer(place());
    await begin(true);
    await service.keyRotations.runOnce();
    await write(sealer.seal({ clientId: "late" }));
    const id = await begin(false);
    await platform.post(`/v1/keys/rotations/${id}/stop`);
    await service.keyRotations.housekeep();
    expect(await staleValues()).toBe(1);
  });

  it("wraps a data key anew that a process with the old key first made behind the cursor", async () => {
    const late = await before.createTenant();
    for (const dataKeys of [true, false]) {
      const id = await begin(dataKeys);
      const phase = dataKeys ? "replacing" : "wrapping";
      let isLate = false;
      keys.beforeWrap = async () => {
        const [at = {}] = await query(`select phase::text as phase, round from key_rotations where id = '${id}'`);
        if (isLate || at.phase !== phase) return;
        isLate = true;
        await addConnector(dataKeys ? late : await before.createTenant());
        if (!dataKeys)
          await query("update key_rotations set cursor = 'ffffffff-ffff-ffff-ffff-ffffffffffff' returning id");
      };
      if (!dataKeys) await addConnector(await before.createTenant());
      await service.keyRotations.runOnce();
      expect(isLate).toBe(true);
      expect(await now(id)).toMatchObject({ status: "completed", progress: { dataKeys: { failed: 0 } } });
      const { body } = await platform.get("/v1/keys");
      expect(body.keyEncryptionKeys).toContainEqual({ id: "k1", dataKeys: 0, current: false, available: true });
    }
  });

  it("is met although as many values have failed, and are gone, as have come", async () => {
    const { vault } = service.services;
    const sealer = await vault.sealer(place());
    const broken = await addConnector(tenant);
    await query(
      `update connectors set credentials = jsonb_set(credentials, '{tag}', '"AAAAAAAAAAAAAAAAAAAAAA"')
       where id = '${broken}' returning id`,
    );
    const id = await begin(true);
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({ progress: { dataKeys: { failed: 0 }, values: { done: 1, failed: 1 } } });
    // As if all that had been in the last phase of the first round.
    await query(`update connectors set credentials = null where id = '${broken}' returning id`);
    await write(sealer.seal({ clientId: "late" }));
    await query(
      `update key_rotations set status = 'running', phase = 'authorizations', cursor = null, finished_at = null,
       round = 0, round_changes = 0 returning id`,
    );
    await service.keyRotations.runOnce();
    expect(await now(id)).toMatchObject({ status: "completed", progress: { values: { done: 2, failed: 0 } } });
    expect(await staleValues()).toBe(0);
  });

  it("is not undone by the last batch of a stopped rotation, nor by going on with it", async () => {
    const slow = new WatchedKeys(`${k1},${k2}`);
    const other = await startTestService(get().database, { keyProvider: slow, sandbox });
    const first = await begin(true, new ApiClient(other.url, platformKey));
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    slow.beforeWrap = () => {
      reached.resolve();
      return released.promise;
    };
    const late = other.keyRotations.runOnce();
    await reached.promise;
    await platform.post(`/v1/keys/rotations/${first}/stop`);
    const second = await begin(true);
    await service.keyRotations.runOnce();
    expect(await now(second)).toMatchObject({ status: "completed" });
    const stored = () => query("select id::text as id, key_encryption_key_id, status::text from data_keys order by id");
    const completed = await stored();
    released.resolve();
    await late;
    await other.close();
    expect(await stored()).toEqual(completed);
    expect(await platform.post(`/v1/keys/rotations/${first}/resume`)).toMatchObject({
      status: 409,
      body: { code: "CONFLICT" },
    });
    expect(await now(first)).toMatchObject({ status: "stopped", progress: { values: { done: 0 } } });
  });
});
