import { combineKeyProviders, LocalKeyring, TransitKeys } from "@isthmus/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TransitFake } from "../../../../packages/core/test/support/transit-fake.js";
import { describeLongWork } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("a key provider that is away", (get) => {
  let fake: TransitFake;
  let keys: TransitKeys;
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    fake = await TransitFake.start();
    fake.rotate("isthmus");
    keys = new TransitKeys({
      address: fake.server.origin,
      allowedPrivateHosts: [fake.server.host],
      token: fake.token,
      key: "isthmus",
      transport: { retry: { maxAttempts: 1 } },
    });
    const local = LocalKeyring.parse(LocalKeyring.generate());
    service = await startTestService(get().database, { keyProvider: combineKeyProviders(keys, local) });
    tenant = await service.createTenant();
  });
  afterAll(async () => {
    await service?.close();
    await keys?.close();
    await fake?.server.close();
  });

  const rowsOf = async (table: string) =>
    get().queryPastGuards(`select * from ${table} where tenant_id = '${tenant.tenantId}'`);

  it("turns a new connector into a retryable 503, writes nothing, and everything goes on without a restart", async () => {
    const body = sandboxConnector(service);
    fake.sealed = true;
    const refused = await tenant.api.post("/v1/connectors", body);
    expect(refused).toMatchObject({ status: 503, body: { code: "KEY_UNAVAILABLE", retryable: true } });
    expect(refused.text).not.toContain(fake.token);
    // Where the operator's keys are is told to the operator.
    expect(refused.text).not.toMatch(/transit|127\.0\.0\.1/);
    expect(service.logLines.join()).toContain("transit/isthmus");
    expect(await rowsOf("connectors")).toEqual([]);
    expect(await rowsOf("data_keys")).toEqual([]);

    fake.sealed = false;
    expect((await tenant.api.post("/v1/connectors", body)).status).toBe(201);
    const [row] = await rowsOf("connectors");
    expect(row?.credentials).toMatchObject({ alg: "AES-256-GCM-HKDF-SHA256" });
    expect(JSON.stringify(row)).not.toContain(service.sandbox.client.secret);
    expect(await rowsOf("data_keys")).toHaveLength(1);
  });
});
