import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toConnectedAccount } from "../src/identity.js";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { type StubAnswer, startStubInstance } from "./stub-instance.js";

const identity = {
  id: "https://login.salesforce.com/id/00D/005",
  user_id: "005000000000001AAA",
  organization_id: "00D000000000001AAA",
  username: "ada@example.com",
};

describe("connect", () => {
  let organization: StubAnswer;
  let stub: Awaited<ReturnType<typeof startStubInstance>>;
  let connector: SalesforceConnector;

  beforeEach(async () => {
    stub = await startStubInstance(({ url }) =>
      url.startsWith("/id/") ? { status: 200, body: JSON.stringify(identity) } : organization,
    );
    const allowedPrivateHosts = [new URL(stub.url).host];
    connector = createSalesforceConnector({
      clientId: "id",
      refreshToken: "r",
      loginUrl: stub.url,
      allowedPrivateHosts,
    });
  });

  afterEach(async () => {
    await connector.close();
    await stub.close();
  });

  it.each([
    [true, "sandbox"],
    [false, "production"],
  ])("takes IsSandbox %s for a %s", async (IsSandbox, environment) => {
    const records = [{ Id: identity.organization_id, Name: "Acme", IsSandbox }];
    organization = { status: 200, body: JSON.stringify({ totalSize: 1, done: true, records }) };
    expect(await connector.connect()).toEqual({
      id: identity.organization_id,
      name: "Acme",
      environment,
      user: "ada@example.com",
    });
  });

  it("works for a user who may not read the organisation", async () => {
    organization = { status: 400, body: '[{"errorCode":"INVALID_TYPE","message":"not supported"}]' };
    expect(await connector.connect()).toMatchObject({ name: identity.organization_id, environment: "unknown" });
  });

  it("fails when the organisation cannot be asked for another reason", async () => {
    organization = {
      status: 403,
      body: '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]',
    };
    await expect(connector.connect()).rejects.toMatchObject({ code: "QUOTA_EXHAUSTED" });
  });
});

describe("toConnectedAccount", () => {
  it.each([
    ["https://acme--dev.sandbox.my.salesforce.com", "sandbox"],
    ["https://acme.scratch.my.salesforce.com", "sandbox"],
    ["https://acme.my.salesforce.com", "unknown"],
    ["https://sandbox.my.salesforce.com.example.org", "unknown"],
  ])("takes %s, which tells nothing else, for %s", (instanceUrl, environment) => {
    expect(toConnectedAccount(identity, undefined, instanceUrl).environment).toBe(environment);
  });
});
