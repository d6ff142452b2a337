import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RefreshWorker } from "../../src/workers/refresh-worker.js";
import { LedgerConnections } from "../ledger/ledger-connections.js";
import { ledger } from "../ledger/ledger-connector.js";
import { LedgerVendor } from "../ledger/ledger-vendor.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("the hard end of a grant", (get) => {
  let vendor: LedgerVendor;
  let service: TestService;
  let tenant: TestTenantClient;
  let id: string;

  beforeAll(async () => {
    vendor = await LedgerVendor.start();
    const settings = { allowedPrivateHosts: [new URL(vendor.origin).host] };
    service = await startTestService(get().database, { connectors: [ledger], keys: LocalKeyring.generate(), settings });
    tenant = await service.createTenant();
    const { database } = get();
    const { vault } = service.services;
    const owner = { tenantId: tenant.tenantId, userId: tenant.userId, apiKeyId: "", apiKey: "", apiKeyHash: "" };
    id = await new LedgerConnections({ database, vault, tenant: owner, vendor }).connector();
  });
  afterAll(async () => {
    await service?.close();
    await vendor?.close();
  });

  const shown = async () => {
    const list = await tenant.api.get("/v1/connectors");
    const one = await tenant.api.get(`/v1/connectors/${id}`);
    expect(list.body.data[0].reconnectBefore).toBe(one.body.reconnectBefore);
    return one.body.reconnectBefore;
  };
  const renew = async () => expect((await tenant.api.post(`/v1/connectors/${id}/refresh`)).status).toBe(200);

  it("is shown as reconnectBefore once the vendor has told it, kept where it does not, and gone with the tokens", async () => {
    expect(await shown()).toBeNull();
    vendor.grantEndsInSeconds = 86_400 * 365;
    await renew();
    const first = await shown();
    expect(Date.parse(first) / 1_000 - Date.now() / 1_000).toBeCloseTo(86_400 * 365, -2);
    vendor.grantEndsInSeconds = undefined;
    await renew();
    expect(await shown()).toBe(first);

    // A worker's renewal brings it as well.
    vendor.grantEndsInSeconds = 86_400;
    await get().queryPastGuards("update connector_tokens set refresh_at = now() returning 1");
    const worker = new RefreshWorker(service.services);
    expect(await worker.beginDue()).toBe(1);
    await worker.settle();
    expect(Date.parse(await shown())).toBeLessThan(Date.parse(first));

    expect((await tenant.api.post(`/v1/connectors/${id}/disconnect`)).body).toMatchObject({ revoked: false });
    expect(await shown()).toBeNull();
  });
});
