import { LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { removeEverything } from "../support/remove-everything.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describeLongWork("a rotation of keys", (get) => {
  let sandbox: SalesforceSandbox;
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  const started: TestService[] = [];
  /** Runs with the old key alone, and with the new one before it. */
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
    before = await start(k1);
    service = await start(`${k2},${k1}`, 2);
    platform = new ApiClient(service.url, platformKey);
    tenant = await before.createTenant();
    connectorId = await connect(tenant.api);
  });
  afterEach(async () => {
    for (const each of started.splice(0)) await each.close();
    await removeEverything(get());
  });

  async function start(keys: string, batchSize = 50): Promise<TestService> {
    const running = await startTestService(get().database, { keys, sandbox, batchSize });
    started.push(running);
    return running;
  }
  async function addConnector(api: ApiClient, clientSecret = sandbox.client.secret): Promise<string> {
    const credentials = { clientId: sandbox.client.id, clientSecret };
    return (await api.post("/v1/connectors", sandboxConnector({ sandbox }, { credentials }))).body.id;
  }
  async function connect(api: ApiClient): Promise<string> {
    const id = await addConnector(api);
    const link = await api.post(`/v1/connectors/${id}/authorize`);
    expect((await new TestBrowser().follow(link.body.authorizationUrl)).text).toContain("Connected");
    return id;
  }
  const begin = async (dataKeys: boolean): Promise<string> => {
    const answer = await platform.post("/v1/keys/rotate", { dataKeys });
    expect(answer.status).toBe(202);
    return answer.body.id;
  };
  const rotationNow = async (id: string) => (await platform.get(`/v1/keys/rotations/${id}`)).body;
  const rotate = async (dataKeys: boolean) => {
    const id = await begin(dataKeys);
    expect(await service.keyRotations.runOnce()).toBe(true);
    return rotationNow(id);
  };
  const dataKeys = (tenantId = tenant.tenantId) =>
    get().queryPastGuards(
      `select id::text as id, key_encryption_key_id as kek, status::text as status from data_keys
       where tenant_id = '${tenantId}' order by id`,
    );
  const sealedUnder = async () => {
    const rows = await get().queryPastGuards(
      `select credentials_key_id::text as id from connectors where credentials is not null
       union select tokens_key_id::text from connector_tokens where tokens is not null
       union select payload_key_id::text from oauth_sessions`,
    );
    return rows.map(({ id }) => id);
  };
  const events = async () =>
    (await platform.get("/v1/platform/audit-events?limit=5")).body.data.map(({ action }: { action: string }) => action);

  it("wraps every data key anew, retired ones too, so that the old key can go", async () => {
    await rotate(true);
    await before.createTenant().then(({ api }) => addConnector(api));
    const old = await get().queryPastGuards(
      "select count(*)::int as n from data_keys where key_encryption_key_id = 'k1'",
    );
    expect(old).toEqual([{ n: 1 }]);
    const done = await rotate(false);
    expect(done).toMatchObject({
      status: "completed",
      progress: { dataKeys: { done: 3, failed: 0, total: 3 }, values: { done: 0, failed: 0, total: 0 } },
      failure: null,
      waiting: null,
    });
    expect((await platform.get("/v1/keys")).body).toMatchObject({
      provider: "local",
      currentKeyId: "k2",
      keyEncryptionKeys: [
        // One of them is the platform's own.
        { id: "k2", dataKeys: 4, current: true, available: true },
        { id: "k1", dataKeys: 0, current: false, available: true },
      ],
      dataKeys: { active: 3, retired: 1 },
      rotation: { id: done.id },
    });
    const after = await start(k2);
    expect((await new ApiClient(after.url, tenant.apiKey).run(connectorId, "identity", {})).status).toBe(200);
  });

  it("with new data keys, seals every value again, and touches nothing else of their rows", async () => {
    const deleted = await addConnector(tenant.api);
    expect((await tenant.api.delete(`/v1/connectors/${deleted}`)).status).toBe(204);
    await tenant.api.post(`/v1/connectors/${connectorId}/authorize`); // a session half-way
    const [old] = await dataKeys();
    const rest = () =>
      get().queryPastGuards(
        `select to_jsonb(c) - 'credentials' - 'credentials_key_id' as row from connectors c
         union all select to_jsonb(t) - 'tokens' - 'tokens_key_id' from connector_tokens t
         union all select to_jsonb(s) - 'payload' - 'payload_key_id' from oauth_sessions s order by 1`,
      );
    const unchanged = await rest();
    const etag = (await tenant.api.get(`/v1/connectors/${connectorId}`)).headers.get("etag");

    const done = await rotate(true);
    // One data key wrapped anew and one made; credentials of two connectors, one token set, two authorisations.
    expect(done).toMatchObject({
      status: "completed",
      progress: { dataKeys: { done: 2, failed: 0, total: 2 }, values: { done: 5, failed: 0, total: 5 } },
    });
    const keys = await dataKeys();
    expect(keys).toEqual([
      { ...old, kek: "k2", status: "retired" },
      { id: expect.any(String), kek: "k2", status: "active" },
    ]);
    expect(await sealedUnder()).toEqual([keys[1]?.id]);
    expect(await rest()).toEqual(unchanged);
    expect((await tenant.api.get(`/v1/connectors/${connectorId}`)).headers.get("etag")).toBe(etag);
    expect((await new ApiClient((await start(k2)).url, tenant.apiKey).run(connectorId, "limits", {})).status).toBe(200);
    expect(await events()).toEqual(expect.arrayContaining(["key_rotation.completed", "key_rotation.begun"]));
  });

  it("seals new values under the new data key at once, also in a process that has the old one in its cache", async () => {
    const other = await start(`${k1},${k2}`);
    const api = new ApiClient(other.url, tenant.apiKey);
    await addConnector(api);
    const [old] = await dataKeys();
    await rotate(true);
    const id = await addConnector(api);
    const [row] = await get().queryPastGuards(
      `select credentials_key_id::text as key from connectors where id = '${id}'`,
    );
    expect(row?.key).not.toBe(old?.id);
    expect((await api.run(connectorId, "identity", {})).status).toBe(200);
  });

  it("counts what does not open, with its code, goes on with the rest, and keeps its old data key", async () => {
    const broken = await addConnector(tenant.api);
    await get().queryPastGuards(
      `update connectors set credentials = jsonb_set(credentials, '{tag}', '"AAAAAAAAAAAAAAAAAAAAAA"')
       where id = '${broken}' returning id`,
    );
    const done = await rotate(true);
    expect(done).toMatchObject({
      status: "completed",
      progress: { values: { failed: 1, total: done.progress.values.done + 1 } },
      failure: { code: "SEALED_VALUE_UNREADABLE", detail: expect.stringContaining(broken) },
    });
    expect(done.progress.values.done).toBeGreaterThanOrEqual(3);
    await get().queryPastGuards(
      "update data_keys set retired_at = now() - interval '25 hours' where status = 'retired'",
    );
    await service.keyRotations.housekeep();
    expect(await dataKeys()).toHaveLength(2);
    const [event] = (await platform.get("/v1/platform/audit-events?limit=1")).body.data;
    expect(event).toMatchObject({ action: "key_rotation.completed", outcome: "failure", details: { valuesFailed: 1 } });
  });

  it("gives a tenant whose key-encryption key is lost a new data key, so that it can go on", async () => {
    const k3 = LocalKeyring.generate("k3");
    const rescue = await start(k3);
    const api = new ApiClient(rescue.url, tenant.apiKey);
    expect(await api.post("/v1/connectors", sandboxConnector({ sandbox }))).toMatchObject({
      body: { code: "SEALED_VALUE_UNREADABLE" },
    });
    const { id } = (await new ApiClient(rescue.url, platformKey).post("/v1/keys/rotate", { dataKeys: true })).body;
    await rescue.keyRotations.runOnce();
    expect(await rotationNow(id)).toMatchObject({
      status: "completed",
      progress: { dataKeys: { done: 1, failed: 1, total: 2 }, values: { done: 0, failed: 3, total: 3 } },
      failure: { code: "SEALED_VALUE_UNREADABLE" },
    });
    expect((await dataKeys()).map(({ kek, status }) => [kek, status])).toEqual([
      ["k1", "retired"],
      ["k3", "active"],
    ]);
    const path = `/v1/connectors/${connectorId}`;
    const { credentials } = sandboxConnector({ sandbox });
    expect((await api.patch(path, { credentials }, { "if-match": '"1"' })).status).toBe(200);
    const link = (await api.post(`${path}/authorize`)).body.authorizationUrl;
    expect((await new TestBrowser().follow(link)).text).toContain("Connected");
    expect((await api.run(connectorId, "identity", {})).status).toBe(200);
  });

  it("leaves a value alone that was written since it was read", async () => {
    const { database, vault } = service.services;
    const place = { tenantId: tenant.tenantId, table: "connectors", recordId: connectorId, field: "credentials" };
    await begin(true);
    const holder = crypto.randomUUID();
    await get().queryPastGuards("update key_rotations set phase = 'credentials'");
    const claimed = await database.asSystem(({ keys }) => keys.claim(holder, 60_000, "k2"));
    const read = await get().queryPastGuards(
      `select credentials as sealed from connectors where id = '${connectorId}'`,
    );
    const written = { clientId: sandbox.client.id, clientSecret: "written-in-between" };
    expect(
      (await tenant.api.patch(`/v1/connectors/${connectorId}`, { credentials: written }, { "if-match": '"1"' })).status,
    ).toBe(200);
    const item = {
      tenantId: tenant.tenantId,
      id: connectorId,
      before: read[0]?.sealed as object,
      after: await vault.seal({ clientId: "stale", clientSecret: "stale" }, place),
    };
    const batch = {
      items: [item],
      done: 1,
      failed: 0,
      failedInPlace: 0,
      failure: undefined,
      phase: "tokens",
      cursor: undefined,
    } as const;
    expect(await database.asSystem(({ keys }) => keys.land(claimed?.id ?? "", holder, 60_000, batch))).toMatchObject({
      phase: "tokens",
      valuesDone: 1,
    });
    const [row] = await get().queryPastGuards(
      `select credentials as sealed from connectors where id = '${connectorId}'`,
    );
    expect(await vault.open(row?.sealed, place)).toEqual(written);
  });

  it("meets a value again that was sealed under the old key behind its back", async () => {
    const { vault } = service.services;
    const place = { tenantId: tenant.tenantId, table: "connectors", recordId: connectorId, field: "credentials" };
    const id = await begin(true);
    const sealer = await vault.sealer(place); // a write that has taken its key
    await service.keyRotations.runOnce();
    await get().queryPastGuards(
      `update connectors set credentials = '${JSON.stringify(sealer.seal({ clientId: "late" }))}'::jsonb
       where id = '${connectorId}' returning id`,
    );
    // As if that had been while the rotation was in its last phase.
    await get().queryPastGuards(
      "update key_rotations set status = 'running', phase = 'authorizations', cursor = null, finished_at = null",
    );
    await service.keyRotations.runOnce();
    expect(await rotationNow(id)).toMatchObject({ status: "completed", progress: { values: { failed: 0 } } });
    expect(await sealedUnder()).toEqual([(await dataKeys()).find(({ status }) => status === "active")?.id]);
    const [row] = await get().queryPastGuards(
      `select credentials as sealed from connectors where id = '${connectorId}'`,
    );
    expect(await vault.open(row?.sealed, place)).toEqual({ clientId: "late" });
  });

  it("destroys retired data keys a day after they were retired, and none that seals something", async () => {
    await rotate(true);
    const [retired] = await dataKeys();
    await service.keyRotations.housekeep();
    expect(await dataKeys()).toContainEqual(retired);
    const age = (hours: number) =>
      get().queryPastGuards(
        `update data_keys set retired_at = now() - interval '${hours} hours' where status = 'retired' returning id`,
      );
    await age(23);
    await service.keyRotations.housekeep();
    expect(await dataKeys()).toContainEqual(retired);
    await age(25);
    await service.keyRotations.housekeep();
    expect(await dataKeys()).toEqual([expect.objectContaining({ status: "active" })]);
    expect(await events()).toContain("data_keys.destroyed");
    // While it seals something, the database itself refuses, whoever tries.
    const active = (await dataKeys())[0]?.id;
    await expect(get().queryPastGuards(`delete from data_keys where id = '${active}' returning id`)).rejects.toThrow(
      /foreign key/,
    );
  });
});
