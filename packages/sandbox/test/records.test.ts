import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../src/index.js";
import { callApi, query, signIn } from "./client.js";

let sandbox: SalesforceSandbox;
let token: string;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
});
beforeEach(async () => {
  sandbox.reset();
  token = (await signIn(sandbox)).access_token;
});
afterAll(() => sandbox.close());

const call = (path: string, method = "GET", body?: unknown, version = "v60.0") =>
  callApi(sandbox, token, path, { method, body, version });

async function create(object: string, body: object): Promise<string> {
  const answer = await call(`/sobjects/${object}`, "POST", body);
  expect(answer).toMatchObject({ status: 201, json: { success: true, errors: [] } });
  const { id } = answer.json as { id: string };
  return id;
}

describe("records", () => {
  it("are made, read, changed and deleted", async () => {
    const id = await create("Account", { Name: "  Ærø Skibsværft  ", BillingCity: "Marstal", AnnualRevenue: "1200" });
    expect(id).toMatch(/^001\w{12}[A-Z0-5]{3}$/);
    const read = await call(`/sobjects/Account/${id}`);
    expect(read.headers.get("sforce-limit-info")).toMatch(/^api-usage=\d+\/5000000$/);
    expect(read.json).toMatchObject({
      attributes: { type: "Account", url: `/services/data/v60.0/sobjects/Account/${id}` },
      Id: id,
      Name: "Ærø Skibsværft",
      AnnualRevenue: 1200,
      BillingAddress: { city: "Marstal", street: null },
      IsDeleted: false,
      OwnerId: expect.stringMatching(/^005/),
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
    });
    expect(
      await call(`/sobjects/account/${id.slice(0, 15)}`, "PATCH", { BillingCity: null, Active__c: false }),
    ).toMatchObject({
      status: 204,
      text: "",
    });
    const some = await call(`/sobjects/Account/${id}?fields=Name,BillingCity,active__c`);
    expect(some.json).toEqual({
      attributes: { type: "Account", url: `/services/data/v60.0/sobjects/Account/${id}` },
      Name: "Ærø Skibsværft",
      BillingCity: null,
      Active__c: false,
      Id: id,
    });
    expect((await call(`/sobjects/Account/${id}`, "DELETE")).status).toBe(204);
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const gone = await call(`/sobjects/Account/${id}`, method, method === "PATCH" ? {} : undefined);
      expect(gone).toMatchObject({
        status: 404,
        json: [{ errorCode: "ENTITY_IS_DELETED", message: "entity is deleted" }],
      });
    }
  });

  it("are filled in as Salesforce does", async () => {
    const id = await create("Opportunity", {
      Name: "Boat",
      StageName: "Negotiation/Review",
      CloseDate: "2026-12-01",
      Amount: 99.995,
    });
    const read = () => call(`/sobjects/Opportunity/${id}`);
    expect((await read()).json).toMatchObject({ Probability: 90, Amount: 100, ExpectedRevenue: 90, IsClosed: false });
    await call(`/sobjects/Opportunity/${id}`, "PATCH", { StageName: "Closed Won" });
    expect((await read()).json).toMatchObject({ Probability: 100, IsWon: true, IsClosed: true });
    const invoice = await create("Invoice__c", { Amount__c: 100, Tax_Rate__c: 19 });
    const made = await call(`/sobjects/Invoice__c/${invoice}`);
    expect(made.json).toMatchObject({ Name: "INV-00001", Amount_With_Tax__c: 119, Status__c: "Draft" });
  });

  it("go with the record they belong to", async () => {
    const account = await create("Account", { Name: "Parent" });
    const contact = await create("Contact", { LastName: "Child", AccountId: account });
    const invoice = await create("Invoice__c", { Account__c: account });
    await call(`/sobjects/Account/${account}`, "DELETE");
    expect((await call(`/sobjects/Contact/${contact}`)).status).toBe(404);
    expect((await call(`/sobjects/Invoice__c/${invoice}?fields=Account__c`)).json).toMatchObject({ Account__c: null });
  });

  it("may point to another by its external id", async () => {
    const account = await create("Account", { Name: "A", External_Id__c: "X-1" });
    const contact = await create("Contact", { LastName: "B", Account: { External_Id__c: "X-1" } });
    expect((await call(`/sobjects/Contact/${contact}?fields=AccountId`)).json).toMatchObject({ AccountId: account });
    const wrong = await call("/sobjects/Contact", "POST", { LastName: "C", Account: { External_Id__c: "X-2" } });
    expect(wrong).toMatchObject({ status: 400, json: [{ errorCode: "INVALID_FIELD" }] });
  });
});

describe("refusals of a new record", () => {
  const noAccount = "001gL0000000001AAA";
  it.each([
    ["Account", {}, "REQUIRED_FIELD_MISSING", ["Name"]],
    ["Account", { Name: "" }, "REQUIRED_FIELD_MISSING", ["Name"]],
    ["Opportunity", { Name: "x" }, "REQUIRED_FIELD_MISSING", ["StageName", "CloseDate"]],
    ["Account", { Name: "x", Nome: "y" }, "INVALID_FIELD", undefined],
    ["Account", { Name: "x", Id: noAccount }, "INVALID_FIELD", ["Id"]],
    ["Account", { Name: "x".repeat(256) }, "STRING_TOO_LONG", ["Name"]],
    ["Account", { Name: "x", CreatedDate: "2020-01-01T00:00:00Z" }, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]],
    ["Contact", { Name: "x", LastName: "y" }, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]],
    ["Contact", { LastName: "y", Email: "nobody" }, "INVALID_EMAIL_ADDRESS", ["Email"]],
    ["Contact", { LastName: "y", AccountId: "abc" }, "MALFORMED_ID", ["AccountId"]],
    ["Contact", { LastName: "y", AccountId: noAccount }, "INVALID_CROSS_REFERENCE_KEY", []],
    ["Contact", { LastName: "y", AccountId: "003gL0000000001AAA" }, "FIELD_INTEGRITY_EXCEPTION", ["AccountId"]],
    ["Account", { Name: "x", NumberOfEmployees: "many" }, "JSON_PARSER_ERROR", undefined],
    ["Account", { Name: "x", NumberOfEmployees: 1.5 }, "JSON_PARSER_ERROR", undefined],
    ["Account", { Name: 5 }, "JSON_PARSER_ERROR", undefined],
    ["Account", { Name: { first: "x" } }, "JSON_PARSER_ERROR", undefined],
    ["Account", { Name: "x", Active__c: null }, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["Active__c"]],
    ["Account", { Name: "x", AnnualRevenue: 1e20 }, "NUMBER_OUTSIDE_VALID_RANGE", ["AnnualRevenue"]],
    ["Invoice__c", { Status__c: "Lost" }, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status__c"]],
    ["Invoice__c", { Invoice_Date__c: "2026-02-30" }, "JSON_PARSER_ERROR", undefined],
    ["Invoice__c", { Paid_At__c: "yesterday" }, "JSON_PARSER_ERROR", undefined],
  ])("%s %j: %s", async (object, body, errorCode, fields) => {
    const answer = await call(`/sobjects/${object}`, "POST", body);
    expect(answer).toMatchObject({ status: 400, json: [{ errorCode }] });
    expect(answer.json).toEqual([{ message: expect.any(String), errorCode, ...(fields && { fields }) }]);
  });

  it("takes a picklist value outside an open list", async () => {
    await create("Account", { Name: "x", Industry: "Lighthouses" });
  });

  it.each(["", "{", "[]", '"x"', "{'Name': 1}"])("answers JSON_PARSER_ERROR for the body %j", async (body) => {
    const headers = { "content-type": "application/json" };
    const answer = await callApi(sandbox, token, "/sobjects/Account", { method: "POST", body, headers });
    expect(answer).toMatchObject({ status: 400, json: [{ errorCode: "JSON_PARSER_ERROR" }] });
  });

  it("keeps external ids unique, whatever the letter case", async () => {
    const id = await create("Account", { Name: "A", External_Id__c: "Key-1" });
    const other = await create("Account", { Name: "B" });
    const again = await call("/sobjects/Account", "POST", { Name: "C", External_Id__c: "KEY-1" });
    expect(again).toMatchObject({ status: 400, json: [{ errorCode: "DUPLICATE_VALUE" }] });
    expect(again.text).toContain(id.slice(0, 15));
    expect((await call(`/sobjects/Account/${other}`, "PATCH", { External_Id__c: "key-1" })).status).toBe(400);
    expect((await call(`/sobjects/Account/${id}`, "PATCH", { External_Id__c: "KEY-1" })).status).toBe(204);
    await call(`/sobjects/Account/${id}`, "DELETE");
    expect((await call(`/sobjects/Account/${other}`, "PATCH", { External_Id__c: "key-1" })).status).toBe(204);
  });

  it("answers 413 for a body that is too long, and 415 for another content type", async () => {
    const long = await call("/sobjects/Account", "POST", { Name: "x".repeat(51 * 1024 * 1024) });
    expect(long).toMatchObject({ status: 413, json: [{ errorCode: "REQUEST_ENTITY_TOO_LARGE" }] });
    const options = { method: "POST", body: "Name=x", headers: { "content-type": "text/csv" } };
    expect((await callApi(sandbox, token, "/sobjects/Account", options)).status).toBe(415);
  });
});

describe("the organisation", () => {
  it("tells its name and that it is a sandbox, under the id of the identity", async () => {
    const answer = await query(sandbox, token, "SELECT Id, Name, IsSandbox FROM Organization");
    const identity = await fetch(String((await signIn(sandbox)).id), { headers: { authorization: `Bearer ${token}` } });
    const { organization_id: Id } = (await identity.json()) as { organization_id: string };
    expect(answer.json).toMatchObject({ records: [{ Id, Name: "Fjordline Shipping", IsSandbox: true }] });
  });

  it("is made, changed and deleted by nobody", async () => {
    const refusal = { status: 400, json: [expect.objectContaining({ errorCode: "INVALID_TYPE_FOR_OPERATION" })] };
    expect(await call("/sobjects/Organization", "POST", { Name: "Another" })).toMatchObject(refusal);
    const { json } = await query(sandbox, token, "SELECT Id FROM Organization");
    const path = `/sobjects/Organization/${(json as { records: [{ Id: string }] }).records[0].Id}`;
    expect(await call(path, "PATCH", { Name: "Another" })).toMatchObject(refusal);
    expect(await call(path, "DELETE")).toMatchObject(refusal);
  });
});

describe("upserting by an external id", () => {
  const odd = encodeURIComponent("a/b?x=#1 ü%");

  it("creates once and then changes", async () => {
    const path = `/sobjects/Account/External_Id__c/${odd}`;
    const created = await call(path, "PATCH", { Name: "New" });
    expect(created).toMatchObject({ status: 201, json: { success: true, created: true, errors: [] } });
    const { id } = created.json as { id: string };
    expect(await call(path, "PATCH", { Name: "Newer" })).toMatchObject({ status: 200, json: { id, created: false } });
    expect(await call(path, "PATCH", { Name: "Newest" }, "v45.0")).toMatchObject({ status: 204, text: "" });
    expect((await call(path)).json).toMatchObject({ Id: id, Name: "Newest", External_Id__c: "a/b?x=#1 ü%" });
    expect((await call(path, "DELETE")).status).toBe(204);
    expect(await call(path)).toMatchObject({ status: 404, json: [{ errorCode: "NOT_FOUND" }] });
  });

  it("answers 300 with the choices when several match", async () => {
    const ids = [
      await create("Contact", { LastName: "A", Legacy_Key__c: "L" }),
      await create("Contact", { LastName: "B", Legacy_Key__c: "L" }),
    ];
    const urls = ids.map((id) => `/services/data/v60.0/sobjects/Contact/${id}`);
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const answer = await call(
        "/sobjects/Contact/Legacy_Key__c/L",
        method,
        method === "PATCH" ? { Title: "x" } : undefined,
      );
      expect(answer).toMatchObject({ status: 300, json: urls });
    }
  });

  it("does not take the key in the body, nor a field that is no external id", async () => {
    const path = "/sobjects/Account/External_Id__c/K";
    expect(await call(path, "PATCH", { Name: "x", External_Id__c: "K" })).toMatchObject({
      status: 400,
      json: [{ errorCode: "INVALID_FIELD" }],
    });
    expect(await call("/sobjects/Account/Name/K", "PATCH", {})).toMatchObject({
      status: 404,
      json: [{ errorCode: "NOT_FOUND" }],
    });
  });
});

describe("paths that lead nowhere", () => {
  const notFound = [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }];
  it.each([
    ["GET", "/sobjects/Nothing__c", 404, notFound],
    ["GET", "/sobjects/Nothing__c/describe", 404, notFound],
    ["GET", "/nothing", 404, notFound],
    ["GET", "/sobjects/Account/001gL0000000001AAA", 404, notFound],
    ["GET", "/sobjects/Account/003gL0000000001AAA", 404, notFound],
    ["PATCH", "/sobjects/Account/001gL0000000001AAA", 404, notFound],
    ["GET", "/sobjects/Account/abc", 404, [{ errorCode: "NOT_FOUND" }]],
    ["DELETE", "/sobjects/Account/abc", 400, [{ errorCode: "MALFORMED_ID" }]],
    ["GET", "/sobjects/Account/001gL0000000001AAA?fields=Nome", 404, notFound],
    [
      "PUT",
      "/sobjects/Account",
      405,
      [{ errorCode: "METHOD_NOT_ALLOWED", message: "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD,POST" }],
    ],
  ])("%s %s: %s", async (method, path, status, json) => {
    const body = method === "PATCH" || method === "PUT" ? {} : undefined;
    expect(await call(path, method, body)).toMatchObject({ status, json });
  });

  it("answers 410 for retired versions and 404 for those to come", async () => {
    expect(await call("/limits", "GET", undefined, "v30.0")).toMatchObject({
      status: 410,
      json: [{ errorCode: "GONE" }],
    });
    expect(await call("/limits", "GET", undefined, "v31.0")).toMatchObject({ status: 200 });
    expect(await call("/limits", "GET", undefined, "v68.0")).toMatchObject({ status: 200 });
    expect(await call("/limits", "GET", undefined, "v69.0")).toMatchObject({ status: 404 });
    const versions = await fetch(`${sandbox.url}/services/data`);
    expect(await versions.json()).toContainEqual({ label: "Winter '27", url: "/services/data/v68.0", version: "68.0" });
  });

  it("refuses calls beyond the daily limit", async () => {
    sandbox.configure({ dailyApiRequests: 2 });
    expect((await call("/limits")).json).toMatchObject({ DailyApiRequests: { Max: 2, Remaining: 1 } });
    await call("/limits");
    expect(await call("/limits")).toMatchObject({ status: 403, json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED" }] });
  });
});

describe("describe", () => {
  it("tells what there is", async () => {
    const all = await call("/sobjects");
    const names = (all.json as { sobjects: { name: string }[] }).sobjects.map(({ name }) => name);
    expect(names).toEqual([
      "Account",
      "Attachment",
      "Case",
      "Contact",
      "ContentDocument",
      "ContentDocumentLink",
      "ContentVersion",
      "Document",
      "Folder",
      "Invoice__c",
      "Lead",
      "Measurement__c",
      "Opportunity",
      "Organization",
      "Task",
      "User",
    ]);
    const account = (await call("/sobjects/Account/describe")).json as {
      fields: Record<string, unknown>[];
      childRelationships: Record<string, unknown>[];
    };
    const find = (name: string) => account.fields.find((field) => field.name === name);
    expect(find("Name")).toMatchObject({
      type: "string",
      length: 255,
      nillable: false,
      nameField: true,
      createable: true,
    });
    expect(find("External_Id__c")).toMatchObject({ externalId: true, unique: true, custom: true, idLookup: true });
    expect(find("OwnerId")).toMatchObject({ type: "reference", referenceTo: ["User"], relationshipName: "Owner" });
    expect(find("CreatedDate")).toMatchObject({
      type: "datetime",
      createable: false,
      updateable: false,
      defaultedOnCreate: true,
    });
    expect(find("Industry")?.picklistValues).toContainEqual(
      expect.objectContaining({ value: "Banking", active: true }),
    );
    expect(account.childRelationships).toContainEqual(
      expect.objectContaining({
        childSObject: "Contact",
        field: "AccountId",
        relationshipName: "Contacts",
        cascadeDelete: true,
      }),
    );
  });

  it("shows deleted records to queryAll only", async () => {
    const id = await create("Lead", { LastName: "Gone", Company: "Co" });
    await call(`/sobjects/Lead/${id}`, "DELETE");
    const soql = "SELECT Id, IsDeleted FROM Lead";
    expect((await query(sandbox, token, soql)).json).toMatchObject({ totalSize: 0, records: [] });
    const all = await call(`/queryAll?q=${encodeURIComponent(soql)}`);
    expect(all.json).toMatchObject({ totalSize: 1, records: [{ Id: id, IsDeleted: true }] });
  });
});
