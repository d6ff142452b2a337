import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";
import { type RecordingServer, startRecordingServer } from "./recording-server.js";

let sandbox: SalesforceSandbox;
let elsewhere: RecordingServer;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox();
  elsewhere = await startRecordingServer();
});

beforeEach(async () => {
  sandbox.reset();
  sandbox.configure({ skipConsent: true });
  connector = await connectedTo(sandbox);
  return () => connector.close();
});

afterAll(async () => {
  await elsewhere.close();
  await sandbox.close();
});

const count = (method: string, path: string) => sandbox.requests({ method, path }).length;
const records = "/services/data/v60.0/sobjects/Account";

describe("a lost answer", () => {
  it("repeats a read that was cut off", async () => {
    sandbox.addFault({ method: "GET", path: "/services/data/v60.0/query", cutBody: true });
    expect((await connector.queryAllRecords("SELECT Id FROM Account LIMIT 1")).records).toHaveLength(1);
    expect(count("GET", "/services/data/v60.0/query")).toBe(2);
  });

  it("sends a create once and says how to find out what became of it", async () => {
    sandbox.addFault({ method: "POST", path: records, cutBody: true });
    await expect(connector.create("Account", { Name: "Once" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      reconcile: expect.stringContaining("Account"),
    });
    expect(count("POST", records)).toBe(1);
    const { totalSize } = await connector.queryAllRecords("SELECT COUNT() FROM Account WHERE Name = 'Once'");
    expect(totalSize).toBe(1);
  });

  it.each(["cutBefore", "cutAfter"] as const)("sends a create once also with %s", async (cut) => {
    sandbox.addFault({ method: "POST", path: records, [cut]: true });
    await expect(connector.create("Account", { Name: "Once" })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(count("POST", records)).toBe(1);
  });

  it("repeats an upsert, which finds the record that the first try made", async () => {
    sandbox.addFault({ method: "PATCH", path: records, cutAfter: true });
    const result = await connector.upsert("Account", "External_Id__c", "repeat", { Name: "Repeated" });
    expect(result).toEqual({ id: expect.stringMatching(/^001/), created: false });
    expect(count("PATCH", records)).toBe(2);
  });

  it("repeats a delete, whose second answer says that the record is deleted", async () => {
    const { id } = await connector.create("Account", { Name: "Delete me" });
    sandbox.addFault({ method: "DELETE", path: records, cutAfter: true });
    await connector.delete("Account", id);
    expect(count("DELETE", records)).toBe(2);
  });

  it("takes a gateway's 504 to a create for an unknown outcome", async () => {
    sandbox.addFault({ method: "POST", path: records, status: 504, body: "<html>Gateway Timeout</html>" });
    await expect(connector.create("Account", { Name: "Lost" })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(count("POST", records)).toBe(1);
  });
});

describe("a refused token", () => {
  it("is renewed once, for all who were refused, and each request is sent again once", async () => {
    sandbox.expireAccessTokens();
    await Promise.all(
      Array.from({ length: 10 }, () => connector.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" })),
    );
    expect(count("POST", "/services/oauth2/token")).toBe(1);
    expect(count("GET", "/services/data/v60.0/query")).toBe(20);
  });

  it("is renewed when the identity service refuses it in its own way", async () => {
    sandbox.expireAccessTokens();
    expect((await connector.identity()).username).toBe(sandbox.username);
    expect(count("POST", "/services/oauth2/token")).toBe(1);
  });

  it("is renewed for jsforce too, which never sees it", async () => {
    const connection = await connector.jsforce();
    sandbox.expireAccessTokens();
    expect(await connection.sobject("Account").find({}, "Id").limit(1)).toHaveLength(1);
    expect(count("POST", "/services/oauth2/token")).toBe(1);
    expect(JSON.stringify([connection.accessToken, connection.refreshToken])).not.toMatch(/00D/);
  });

  it("ends in AUTHENTICATION_FAILED, not in a loop, when the fresh one is refused as well", async () => {
    const body = [{ errorCode: "INVALID_SESSION_ID", message: "Session expired or invalid" }];
    sandbox.addFault({ path: "/services/data/v60.0/limits", status: 401, body, times: 100 });
    await expect(connector.limits()).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(count("GET", "/services/data/v60.0/limits")).toBe(2);
  });

  it("is not renewed when Salesforce says that no token can help", async () => {
    const body = [{ errorCode: "INVALID_SESSION_ID", message: "This session is not valid for use with the REST API" }];
    sandbox.addFault({ path: records, status: 401, body });
    await expect(connector.retrieve("Account", "001000000000001AAA")).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(count("POST", "/services/oauth2/token")).toBe(0);
  });

  it("asks for a person when the grant was revoked at Salesforce", async () => {
    sandbox.revokeGrants();
    await expect(connector.identity()).rejects.toMatchObject({ code: "RECONNECT_REQUIRED" });
  });
});

describe("a redirect to another host", () => {
  it.each([301, 302, 307, 308])("is not followed (%i), so the token never gets there", async (status) => {
    sandbox.addFault({
      path: "/services/data",
      status,
      body: "",
      headers: { location: `${elsewhere.url}/steal` },
      times: 9,
    });
    await expect(connector.queryPage({ soql: "SELECT Id FROM Account" })).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    await expect(connector.limits()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    const connection = await connector.jsforce();
    await expect(connection.sobject("Account").retrieve("001000000000001AAA")).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    expect(elsewhere.requests).toEqual([]);
  });

  it("is refused when jsforce is told to go there", async () => {
    const connection = await connector.jsforce();
    await expect(connection.request(`${elsewhere.url}/steal`)).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await expect(connection.request("https://evil.my.salesforce.com/services/data")).rejects.toMatchObject({
      code: "FORBIDDEN_TARGET",
    });
    expect(elsewhere.requests).toEqual([]);
  });

  it("is refused when the token response names an instance that is not allowed", async () => {
    const answer = {
      access_token: "00Dxx!secret",
      instance_url: elsewhere.url,
      id: `${elsewhere.url}/id/00D/005`,
      token_type: "Bearer",
      issued_at: "0",
    };
    sandbox.addFault({ path: "/services/oauth2/token", status: 200, body: answer });
    await connector.refreshToken();
    await expect(connector.queryPage({ soql: "SELECT Id FROM Account" })).rejects.toMatchObject({
      code: "FORBIDDEN_TARGET",
    });
    await expect(connector.limits()).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await expect(connector.identity()).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await expect(connector.jsforce()).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    expect(elsewhere.requests).toEqual([]);
  });
});
