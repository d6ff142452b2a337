import { LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";

describeLongWork("a connector whose sealed values do not open any more", (get) => {
  let sandbox: SalesforceSandbox;
  /** Runs with the key that was lost, and with the one after it. */
  let before: TestService;
  let after: TestService;
  let connectorId: string;
  let path: string;
  let api: ApiClient;

  beforeAll(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true });
    before = await startTestService(get().database, { keys: LocalKeyring.generate("old"), sandbox });
    after = await startTestService(get().database, { keys: LocalKeyring.generate("new"), sandbox });
  });
  afterAll(async () => {
    await before?.close();
    await after?.close();
    await sandbox?.close();
  });
  beforeEach(async () => {
    const tenant = await before.createTenant();

    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector({ sandbox }))).body.id;
    path = `/v1/connectors/${connectorId}`;
    expect((await authorize(tenant.api)).text).toContain("Connected");
    // What an operator does once the old key is known to be gone.
    await new ApiClient(after.url, platformKey).post("/v1/keys/rotate", { dataKeys: true });
    await after.keyRotations.runOnce();
    api = new ApiClient(after.url, tenant.apiKey);
    sandbox.clearRequests();
  });

  const authorize = async (client: ApiClient) =>
    new TestBrowser().follow((await client.post(`${path}/authorize`)).body.authorizationUrl);
  const giveCredentials = async () => {
    const { credentials } = sandboxConnector({ sandbox });
    expect((await api.patch(path, { credentials }, { "if-match": '"1"' })).status).toBe(200);
  };
  const storedTokens = async () => {
    const [row] = await get().queryPastGuards(
      `select tokens is not null as present, version from connector_tokens where connector_id = '${connectorId}'`,
    );
    return row;
  };
  const disconnections = async () => {
    const { body } = await api.get(`/v1/audit-events?targetId=${connectorId}&action=connector.disconnected`);
    return body.data.map(({ details }: { details: object }) => details);
  };
  const notRevoked = {
    status: 200,
    body: { revoked: false, failure: { code: "SEALED_VALUE_UNREADABLE", detail: expect.stringContaining("revoke") } },
  };

  it("works again after new credentials and a new authorisation, which needs nothing of the old tokens", async () => {
    await giveCredentials();
    expect(await api.run(connectorId, "limits", {})).toMatchObject({ body: { code: "SEALED_VALUE_UNREADABLE" } });
    expect((await authorize(api)).text).toContain("Connected");
    expect(await storedTokens()).toEqual({ present: true, version: 2 });
    expect((await api.run(connectorId, "limits", {})).status).toBe(200);
    expect((await api.post(`${path}/refresh`)).status).toBe(200);
    expect((await api.get(path)).body).toMatchObject({ status: "connected" });
  });

  it("gives up its tokens on a disconnect, and says that they could not be revoked", async () => {
    await giveCredentials();
    expect(await api.post(`${path}/disconnect`)).toMatchObject(notRevoked);
    expect(await storedTokens()).toEqual({ present: false, version: 2 });
    expect((await api.get(path)).body).toMatchObject({ status: "disconnected", account: null });
    expect(await disconnections()).toEqual([{ revoked: false, code: "SEALED_VALUE_UNREADABLE" }]);
    expect(sandbox.requests()).toEqual([]);
    expect(await api.run(connectorId, "limits", {})).toMatchObject({ body: { code: "RECONNECT_REQUIRED" } });
    expect(await api.post(`${path}/disconnect`)).toMatchObject({ status: 200, body: { failure: null } });
  });

  it("gives them up also while its credentials do not open either", async () => {
    expect(await api.post(`${path}/disconnect`)).toMatchObject(notRevoked);
    expect(await storedTokens()).toEqual({ present: false, version: 2 });
    expect((await api.get(path)).body).toMatchObject({ status: "disconnected", hasCredentials: true });
  });
});
