import { basicHarness, referenceDefinition, type StandIn } from "@isthmus/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("a connector whose scheme has no tokens", (get) => {
  let vendor: StandIn;
  let service: TestService;
  let tenant: TestTenantClient;
  let path: string;
  let connectorId: string;

  beforeAll(async () => {
    vendor = await basicHarness.start({});
    const [host = ""] = vendor.environment.allowedPrivateHosts ?? [];
    service = await startTestService(get().database, {
      connectors: [referenceDefinition],
      settings: { allowedPrivateHosts: [host] },
    });
    tenant = await service.createTenant();
    const created = await tenant.api.post("/v1/connectors", {
      code: "notes",
      name: "Notes",
      type: "reference",
      environment: "sandbox",
      externalSystemUrl: `http://${host}`,
      authenticationMethod: "basic",
      ...vendor.settings,
    });
    expect(created.status).toBe(201);
    connectorId = created.body.id;
    path = `/v1/connectors/${connectorId}`;
    expect((await tenant.api.post(`${path}/test`)).body).toMatchObject({ ok: true });
  });
  afterAll(async () => {
    await service?.close();
    await vendor?.close();
  });

  it.each([
    ["disconnect", /basic has no tokens.*active: false.*delete/],
    ["refresh", /basic has no tokens/],
    ["authorize", /basic has no step in a browser/],
  ])("answers UNSUPPORTED to %s, in words, and stays what it is", async (action, words) => {
    const before = (await tenant.api.get(path)).body;
    expect(before).toMatchObject({ status: "connected", account: { id: expect.any(String) } });
    const answer = await tenant.api.post(`${path}/${action}`);
    expect(answer).toMatchObject({ status: 422, body: { code: "UNSUPPORTED", retryable: false } });
    expect(answer.body.detail).toMatch(words);
    expect((await tenant.api.get(path)).body).toEqual(before);
    expect((await tenant.api.run(connectorId, "notes.list", {})).status).toBe(200);
    const { body } = await tenant.api.get(`/v1/audit-events?targetId=${connectorId}`);
    const actions = body.data.map((event: { action: string }) => event.action);
    expect(actions).not.toContain("connector.disconnected");
    expect(actions).not.toContain("connector.refreshed");
  });

  it("can be switched off instead", async () => {
    const { version } = (await tenant.api.get(path)).body;
    await tenant.api.patch(path, { active: false }, { "if-match": `"${version}"` });
    expect(await tenant.api.run(connectorId, "notes.list", {})).toMatchObject({ body: { code: "CONNECTOR_INACTIVE" } });
  });
});
