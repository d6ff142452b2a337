import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { allowInBrowser, connectedTo, redirectUri, startSandbox } from "./connect.js";

const describeAccount = { path: "/services/data/v60.0/sobjects/Account/describe" };
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  sandbox = await startSandbox();
  connector = await connectedTo(sandbox, { clock });
  return async () => {
    await connector.close();
    await sandbox.close();
  };
});

const statuses = () => sandbox.requests({ path: "/services/data/v60.0/sobjects" }).map(({ status }) => status);

describe("descriptions", () => {
  it("are read once and then only asked for whether they still hold", async () => {
    const first = await connector.describe("Account");
    const all = await connector.describeGlobal();
    expect(await connector.describe("Account")).toEqual(first);
    expect(await connector.describeGlobal()).toEqual(all);
    expect(statuses()).toEqual([200, 200, 304, 304]);
  });

  it("are no one's to change for others", async () => {
    const first = await connector.describe("Account");
    first.fields.length = 0;
    first.label = "Changed";
    expect((await connector.describe("Account")).fields.length).toBeGreaterThan(5);
    expect((await connector.describe("Account")).label).not.toBe("Changed");
  });

  it("are read anew when the organisation's objects changed", async () => {
    await connector.describe("Account");
    sandbox.configure({ describeChangedAtMs: Date.now() });
    await connector.describe("Account");
    await connector.describe("Account");
    expect(statuses()).toEqual([200, 200, 304]);
  });

  it("are read anew after an hour, whatever Salesforce would say", async () => {
    await connector.describe("Account");
    clock.advance(59 * 60_000);
    await connector.describe("Account");
    clock.advance(60_000);
    await connector.describe("Account");
    await connector.describe("Account");
    expect(statuses()).toEqual([200, 304, 200, 304]);
  });

  it("belong to the user who read them", async () => {
    await connector.describe("Account");
    const identity = await connector.identity();
    // The next authorization is another user's: whoever answers for the token endpoint says so by the identity.
    const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
    const callback = await allowInBrowser(authorizationUrl);
    await connector.handleCallback(callback, pending);
    await connector.describe("Account");
    expect(statuses()).toEqual([200, 304]);

    const other = `${sandbox.url}/id/${identity.organization_id}/005000000000999AAA`;
    const { value } = await connector.refreshToken();
    const grant = { access_token: value, token_type: "Bearer", instance_url: sandbox.url, id: other };
    sandbox.addFault({ path: "/services/oauth2/token", status: 200, body: grant });
    await connector.refreshToken();
    await connector.describe("Account");
    expect(statuses()).toEqual([200, 304, 200]);
  });

  it("are not kept where Salesforce gives nothing to ask by, nor of what is not there", async () => {
    const body = await connector.describe("Account");
    const plain = await startSalesforceSandbox({ seed: false, skipConsent: true });
    const other = await connectedTo(plain, { clock });
    for (let round = 0; round < 2; round += 1) {
      plain.addFault({ ...describeAccount, status: 200, body });
      await other.describe("Account");
      await expect(other.describe("Nope__c")).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect(plain.requests(describeAccount).map(({ status }) => status)).toEqual([200, 200]);
    await other.close();
    await plain.close();
  });

  it("are those of the last answer when the connection is cut at a 304", async () => {
    const first = await connector.describe("Account");
    sandbox.addFault({ ...describeAccount, cutAfter: true });
    expect(await connector.describe("Account")).toEqual(first);
  });

  it("take no more memory than there is for them", async () => {
    const big = await connector.describe("Account");
    const names = Array.from({ length: 20 }, (_, index) => `Big${index}__c`);
    const headers = { "last-modified": new Date(0).toUTCString() };
    const body = { ...big, padding: "x".repeat(1_000_000) };
    for (const name of names) {
      const path = `/services/data/v60.0/sobjects/${name}/describe`;
      sandbox.addFault({ path, status: 200, body, headers });
      await connector.describe(name);
      sandbox.addFault({ path, status: 304, body: "" });
    }
    // The newest is still there; the oldest had to go, so that a 304 to it would say nothing.
    await expect(connector.describe(names.at(-1) ?? "")).resolves.toMatchObject({ name: big.name });
    await expect(connector.describe(names[0] ?? "")).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});
