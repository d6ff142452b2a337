import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint } from "./deliveries.js";

const token = "a-token-of-thirty-two-characters-1";

describe("an outbound message of Salesforce's", () => {
  const get = useServerDatabase();
  const allowedPrivateHosts: string[] = [];
  let organization: SalesforceSandbox;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let organizationId: string;

  beforeAll(async () => {
    // Only flushing sends.
    organization = await startSalesforceSandbox({ skipConsent: true, outboundGatherMs: 1_000_000 });
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
    organizationId = (await tenant.api.get(`/v1/connectors/${connectorId}`)).body.account.id;
  });
  afterAll(async () => {
    await service?.close();
    await organization?.close();
  });

  const events = async () => (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body.data;
  const secretOf = (id: string) => `${id}:${token}`;

  it("is stored once with the connector to its organisation, and acknowledged", async () => {
    const { url } = await addEndpoint(tenant, { type: "salesforce", secret: secretOf(organizationId) });
    const message = { url: `${url}?token=${token}`, object: "Account", fields: ["Name"], copies: 2 };
    const { id: actionId } = organization.addOutboundMessage(message);
    const made = await tenant.api.run(connectorId, "records.create", {
      sobject: "Account",
      record: { Name: "Told & <known>" },
    });
    await organization.flushOutboundMessages();
    expect(organization.outboundMessages().find(({ id }) => id === actionId)?.waiting).toEqual([]);
    expect(await events()).toEqual([
      expect.objectContaining({
        accountId: organizationId,
        entity: "Account",
        recordId: made.body.id,
        type: actionId,
      }),
    ]);
  });

  it.each([
    ["another token", () => `?token=${token}x`, () => organizationId],
    ["no token", () => "", () => organizationId],
    ["another organisation's secret", () => `?token=${token}`, () => "00D5g000009OtherEA0"],
  ])("waits at Salesforce to be sent again when it comes with %s", async (_name, query, owner) => {
    const { url } = await addEndpoint(tenant, { type: "salesforce", secret: secretOf(owner()) });
    const before = (await events()).length;
    const { id: actionId } = organization.addOutboundMessage({ url: url + query(), object: "Contact", fields: [] });
    await tenant.api.run(connectorId, "records.create", { sobject: "Contact", record: { LastName: "Unheard" } });
    await organization.flushOutboundMessages();
    expect(organization.outboundMessages().find(({ id }) => id === actionId)?.waiting).toHaveLength(1);
    expect(await events()).toHaveLength(before);
  });

  it("shows its token in no log and no answer, whatever is wrong with it", async () => {
    const { url } = await addEndpoint(tenant, { type: "salesforce", secret: secretOf(organizationId) });
    const deliver = (query: string, body: string) =>
      fetch(`${url}?token=${query}`, { method: "POST", headers: { "content-type": "text/xml" }, body });
    const answers = [
      await deliver(token, "<a>".repeat(1_000)),
      await deliver(`${token}&token=x`, "<a/>"),
      await deliver(token, "no XML"),
      await deliver(token, "x".repeat(17 * 1024 * 1024)),
      await deliver(`${token}%zz`, "<a/>"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 403, 422, 413, 403]);
    for (const answer of answers) expect(await answer.text()).not.toContain(token);
    expect(service.logLines.join("")).not.toContain(token);
  });
});
