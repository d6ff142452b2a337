import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("an operation that streams without end", () => {
  const get = useServerDatabase();
  const allowedPrivateHosts: string[] = [];
  let organization: SalesforceSandbox;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    organization = await startSalesforceSandbox({ skipConsent: true });
    allowedPrivateHosts.push(new URL(organization.url).host);
    service = await startTestService(get().database, { settings: { allowedPrivateHosts } });
    tenant = await service.createTenant();
    const created = await tenant.api.post("/v1/connectors", {
      code: "crm",
      name: "CRM",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: organization.url,
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: organization.client.id, clientSecret: organization.client.secret },
    });
    connectorId = created.body.id;
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`)).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
  });
  afterAll(async () => {
    await service?.close();
    await organization?.close();
  });

  it("begins at once, gives each event as it happens, and ends at the vendor when its caller goes", async () => {
    const ending = new AbortController();
    const response = await fetch(`${service.url}/v1/connectors/${connectorId}/operations/events.subscribe`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tenant.apiKey}`,
        "content-type": "application/json",
        accept: "application/x-ndjson",
      },
      body: JSON.stringify({ channel: "/data/AccountChangeEvent" }),
      signal: ending.signal,
    });
    expect(response.status).toBe(200);
    if (response.body === null) throw new Error("The answer has no body.");
    const lines = createInterface({ input: Readable.fromWeb(response.body) })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "null");
    expect(await next()).toEqual({ type: "subscribed" });

    const record = { sobject: "Account", record: { Name: "Heard" } };
    const made = await tenant.api.run(connectorId, "records.create", record);
    let line = await next();
    while (line.type !== "event") line = await next();
    expect(line.event).toMatchObject({ kind: "change", changeType: "CREATE", recordIds: [made.body.id] });

    ending.abort();
    while (organization.requests({ path: "/cometd/60.0/disconnect" }).length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("says in JSON what is there, and that a channel does not exist", async () => {
    await tenant.api.run(connectorId, "records.create", { sobject: "Contact", record: { LastName: "Kept" } });
    const kept = await tenant.api.run(connectorId, "events.subscribe", {
      channel: "/data/ContactChangeEvent",
      replayFrom: -2,
    });
    expect(kept.body.events).toMatchObject([{ event: { kind: "change", entityName: "Contact" } }]);
    const missing = await tenant.api.run(connectorId, "events.subscribe", { channel: "/data/NothingChangeEvent" });
    expect([missing.status, missing.body.code]).toEqual([404, "NOT_FOUND"]);
  });
});
