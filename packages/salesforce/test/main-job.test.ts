import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEntitySource } from "../src/entities.js";
import { type SalesforceConnector, soql } from "../src/index.js";
import { allowInBrowser, connectedTo, connectorTo, redirectUri, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox();
  connector = await connectedTo(sandbox);
});

afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

describe("TEST-004 Salesforce authentication", () => {
  it("connects by authorization code with PKCE and names the account", async () => {
    const fresh = connectorTo(sandbox);
    const { authorizationUrl, pending } = await fresh.getAuthUrl({ redirectUri });
    expect(new URL(authorizationUrl).searchParams.get("code_challenge_method")).toBe("S256");
    expect(new URL(authorizationUrl).searchParams.get("scope")).toBe("api refresh_token");
    const account = await fresh.handleCallback(await allowInBrowser(authorizationUrl), pending);
    expect(account).toMatchObject({ id: expect.stringMatching(/^00D/), user: sandbox.username });
    await fresh.close();
  });

  it("connects a public client by PKCE alone", async () => {
    sandbox.configure({ requireClientSecret: false, requirePkce: true });
    const fresh = connectorTo(sandbox, { clientSecret: undefined });
    const { authorizationUrl, pending } = await fresh.getAuthUrl({ redirectUri });
    const account = await fresh.handleCallback(await allowInBrowser(authorizationUrl), pending);
    expect(account.user).toBe(sandbox.username);
    sandbox.configure({ requireClientSecret: true, requirePkce: false });
    await fresh.close();
  });

  it("never puts the token into an address", async () => {
    sandbox.clearRequests();
    await connector.connect();
    const requests = sandbox.requests();
    expect(requests.some(({ path }) => path.startsWith("/id/"))).toBe(true);
    expect(requests.flatMap(({ query }) => Object.keys(query))).not.toContain("oauth_token");
  });
});

describe("TEST-004 Salesforce testConnection", () => {
  it("says who is connected and how much of the day's quota is left", async () => {
    const result = await connector.testConnection();
    expect(result).toMatchObject({ ok: true, account: { user: sandbox.username } });
    expect(result.checks.map(({ name }) => name)).toEqual(["identity", "api"]);
    expect(result.checks[1]?.detail).toMatch(/v60\.0 answers; \d+ of \d+ requests/);
  });

  it("reports a connector that nobody has connected, without throwing", async () => {
    const fresh = connectorTo(sandbox);
    const result = await fresh.testConnection();
    expect(result).toMatchObject({ ok: false, checks: [{ name: "identity", ok: false, code: "RECONNECT_REQUIRED" }] });
    await fresh.close();
  });
});

describe("records", () => {
  it("creates, reads, updates and deletes", async () => {
    const { id } = await connector.create("Account", { Name: "Acme O'Neil & Söhne", NumberOfEmployees: 12 });
    expect(await connector.retrieve("Account", id, ["Name"])).toMatchObject({ Id: id, Name: "Acme O'Neil & Söhne" });
    await connector.update("Account", id, { NumberOfEmployees: 13 });
    expect(await connector.retrieve("Account", id)).toMatchObject({ NumberOfEmployees: 13 });
    await connector.delete("Account", id);
    await expect(connector.retrieve("Account", id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("takes a record that is in the recycle bin for deleted, but not one that never was", async () => {
    const { id } = await connector.create("Account", { Name: "Twice" });
    await connector.delete("Account", id);
    await connector.delete("Account", id);
    await expect(connector.delete("Account", "001000000000001AAA")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("upserts by an external id that is full of characters with a meaning in addresses", async () => {
    const externalId = "a/b?x=#1 100%&ü";
    const first = await connector.upsert("Account", "External_Id__c", externalId, { Name: "Upserted" });
    expect(first).toMatchObject({ created: true, id: expect.stringMatching(/^001/) });
    const second = await connector.upsert("Account", "External_Id__c", externalId, { Name: "Upserted again" });
    expect(second).toEqual({ id: first.id, created: false });
    const found = await connector.queryAllRecords(
      soql`SELECT Id, Name FROM Account WHERE External_Id__c = ${externalId}`,
    );
    expect(found.records).toEqual([expect.objectContaining({ Id: first.id, Name: "Upserted again" })]);
  });

  it("refuses names and ids that would change the path, before anything is sent", async () => {
    sandbox.clearRequests();
    const attempts = [
      connector.retrieve("../limits", "001000000000001AAA"),
      connector.retrieve("Account", "../../limits"),
      connector.upsert("Account", "Ext/Id__c", "1", {}),
      connector.upsert("Account", "External_Id__c", "..", {}),
      connector.describe("Account/describe?x="),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(sandbox.requests()).toEqual([]);
  });

  it("tells which fields Salesforce complains of", async () => {
    await expect(connector.create("Account", {})).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "REQUIRED_FIELD_MISSING", fields: ["Name"] },
    });
  });
});

describe("soql", () => {
  it.each(["x' OR Id != '", "back\\slash\\'", 'say "x"', "tab\tline\nend", "Ümläut 😀", "100%_"])(
    "finds the record with the value %j and no other",
    async (value) => {
      const { id } = await connector.create("Account", { Name: "Quoted", Description: value, AccountNumber: value });
      const { records } = await connector.queryAllRecords(
        soql`SELECT Id FROM Account WHERE AccountNumber IN ${[value, "nothing"]} AND Name = ${"Quoted"}`,
      );
      expect(records.map(({ Id }) => Id)).toEqual([id]);
    },
  );
});

describe("metadata through jsforce", () => {
  it("describes one object and all of them", async () => {
    const account = await connector.describe("Account");
    expect(account.fields.map(({ name }) => name)).toContain("External_Id__c");
    const { sobjects } = await connector.describeGlobal();
    expect(sobjects.map(({ name }) => name)).toContain("Account");
  });

  it("throws NOT_FOUND for an object that does not exist", async () => {
    await expect(connector.describe("Nothing__c")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("tells limits, identity and versions", async () => {
    expect((await connector.limits()).DailyApiRequests?.Max).toBeGreaterThan(0);
    expect((await connector.identity()).username).toBe(sandbox.username);
    expect((await connector.versions()).map(({ version }) => version)).toContain("60.0");
  });
});

describe("entities", () => {
  const { signal } = new AbortController();

  it("lists the organisation's objects with what may be done to them", async () => {
    const entities = await createEntitySource(connector).list(signal);
    expect(entities).toContainEqual({
      name: "Account",
      label: "Account",
      readable: true,
      creatable: true,
      updatable: true,
      deletable: true,
      custom: false,
    });
    expect(entities.find(({ name }) => name === "Invoice__c")?.custom).toBe(true);
  });

  it("describes fields: what is required, chosen from, referred to, unique", async () => {
    const { fields } = await createEntitySource(connector).describe("Account", signal);
    const field = (wanted: string) => fields.find(({ name }) => name === wanted);
    expect(field("Name")).toMatchObject({ required: true, maxLength: 255, creatable: true });
    expect(field("Id")).toMatchObject({ required: false, creatable: false });
    expect(field("Rating")).toMatchObject({ values: ["Hot", "Warm", "Cold"], required: false });
    expect(field("ParentId")).toMatchObject({ references: ["Account"] });
    expect(field("External_Id__c")).toMatchObject({ externalId: true, unique: true });
  });

  it("has no description of an object that does not exist", async () => {
    const described = createEntitySource(connector).describe("Nothing__c", signal);
    await expect(described).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("disconnect", () => {
  it("revokes the grant at Salesforce and may be done twice", async () => {
    const fresh = await connectedTo(sandbox);
    expect(await fresh.disconnect()).toEqual({ revoked: true });
    expect(await fresh.disconnect()).toEqual({ revoked: false });
    expect(sandbox.requests({ path: "/services/oauth2/revoke" })).toHaveLength(1);
    await expect(fresh.limits()).rejects.toMatchObject({ code: "RECONNECT_REQUIRED" });
    await fresh.close();
  });
});
