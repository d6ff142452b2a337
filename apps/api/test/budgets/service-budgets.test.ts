import { custom } from "@isthmus/custom";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accountKey } from "../../src/budgets/shared-budgets.js";
import { describeOnDatabases } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { type CountingVendor, startCountingVendor } from "./counting-vendor.js";

const ratePerSecond = 5;

describeOnDatabases("a service with a vendor that allows so many calls a second", (get) => {
  let vendor: CountingVendor;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    vendor = await startCountingVendor({ count: 1_000, perMs: 1_000, concurrency: 1_000 });
    service = await startTestService(get().database, {
      connectors: [custom],
      settings: { allowedPrivateHosts: [new URL(vendor.url).host] },
    });
    tenant = await service.createTenant();
    const created = await tenant.api.post("/v1/connectors", {
      code: "limited",
      name: "Limited",
      type: "custom",
      environment: "sandbox",
      externalSystemUrl: vendor.url,
      authenticationMethod: "api_key",
      credentials: { apiKey: "k-0123456789" },
      configuration: {
        authentication: { apiKey: { in: "header", name: "X-Api-Key" } },
        test: { path: "/account", accountId: "/id" },
        operations: [
          {
            name: "things.find",
            summary: "Reads a thing.",
            kind: "read",
            method: "GET",
            path: "/things",
            input: { type: "object" },
            output: { type: "object" },
          },
        ],
        limits: { ratePerSecond },
      },
    });
    connectorId = String(created.body.id);
  });
  afterAll(async () => {
    await service.close();
    await vendor.close();
  });

  const accounts = async () =>
    (await get().queryPastGuards("select account from vendor_budgets")).map(({ account }) => account);

  it("keeps to it, by a budget that other processes share where there are any", async () => {
    const find = () => tenant.api.post(`/v1/connectors/${connectorId}/operations/things.find`, {});
    const answers = await Promise.all([find(), find(), find()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [first = 0, , third = 0] = vendor.arrivals("things");
    // Two intervals, but for what the first one was late.
    expect(third - first).toBeGreaterThan(300);
    const expected = get().kind === "server" ? [accountKey(["custom", tenant.tenantId, connectorId])] : [];
    expect(await accounts()).toEqual(expected);
  });
});
