import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

const path = "/composite/sobjects";
const account = (fields: object) => ({ attributes: { type: "Account" }, ...fields });
const contact = (fields: object) => ({ attributes: { type: "Contact" }, ...fields });
const rolledBack = { success: false, errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK", fields: [] }] };

describe("creating many", () => {
  it("answers 200 with a result for each record, in their order, and keeps those that are good", async () => {
    const records = [account({ Name: "A" }), contact({ FirstName: "x" }), account({ Name: "C" })];
    const answer = await caller.post(path, { records });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject([
      { id: expect.stringMatching(/^001/), success: true, errors: [] },
      {
        success: false,
        errors: [
          {
            statusCode: "REQUIRED_FIELD_MISSING",
            message: "Required fields are missing: [LastName]",
            fields: ["LastName"],
          },
        ],
      },
      { id: expect.stringMatching(/^001/), success: true, errors: [] },
    ]);
    expect(await caller.count("Account")).toBe(2);
  });

  it("keeps none when one is bad and all or none was asked for", async () => {
    const records = [account({ Name: "A" }), contact({ FirstName: "x" }), account({ Name: "C" })];
    const answer = await caller.post(path, { allOrNone: true, records });
    expect(answer.json).toMatchObject([
      rolledBack,
      { success: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING" }] },
      rolledBack,
    ]);
    expect(Object.keys((answer.json as object[])[0] ?? {})).not.toContain("id");
    expect(await caller.count("Account")).toBe(0);
  });

  it("finds the records it relates to by their external id, and says when there is none or several", async () => {
    await caller.create("Account", { Name: "Parent", External_Id__c: "E-1" });
    for (const LastName of ["One", "Two"]) await caller.create("Contact", { LastName, Legacy_Key__c: "twice" });
    const answer = await caller.post(path, {
      records: [
        contact({ LastName: "A", Account: { External_Id__c: "E-1" } }),
        contact({ LastName: "B", Account: { External_Id__c: "E-9" } }),
        contact({ LastName: "C", ReportsTo: { Legacy_Key__c: "twice" } }),
        contact({ LastName: "D", Account: { Phone: "1" } }),
      ],
    });
    expect(answer.json).toMatchObject([
      { success: true },
      {
        errors: [
          {
            statusCode: "INVALID_FIELD",
            message: "Foreign key external ID: E-9 not found for field External_Id__c in entity Account",
          },
        ],
      },
      { errors: [{ statusCode: "DUPLICATE_EXTERNAL_ID", message: expect.stringContaining("more than one record") }] },
      { errors: [{ statusCode: "INVALID_FIELD" }] },
    ]);
    expect(await caller.count("Contact WHERE Account.Name = 'Parent'")).toBe(1);
  });

  it("finds which of several objects a relation means by the nested record's type", async () => {
    await caller.create("Invoice__c", { ERP_Number__c: "R-1" });
    const task = (What: object) => ({ attributes: { type: "Task" }, Subject: "Call", What });
    const records = [
      task({ attributes: { type: "Invoice__c" }, ERP_Number__c: "R-1" }),
      task({ attributes: { type: "Lead" }, ERP_Number__c: "R-1" }),
      task({ ERP_Number__c: "R-1" }),
    ];
    const { json } = await caller.post(path, { records });
    expect((json as { success: boolean }[]).map(({ success }) => success)).toEqual([true, false, false]);
    expect(await caller.count("Task WHERE What.Name LIKE 'INV-%'")).toBe(1);
  });

  it("refuses more than 200 records, more than ten chunks of types, unknown types and broken bodies as a whole", async () => {
    const many = (count: number) => Array.from({ length: count }, (_unused, at) => account({ Name: `N${at}` }));
    expect((await caller.post(path, { records: many(200) })).status).toBe(200);
    expect(await caller.post(path, { records: many(201) })).toMatchObject({
      status: 400,
      json: [
        {
          errorCode: "EXCEEDED_ID_LIMIT",
          message: "record limit reached. cannot submit more than 200 records into this call",
        },
      ],
    });
    const mixed = (pairs: number) =>
      Array.from({ length: pairs }, () => [account({ Name: "A" }), contact({ LastName: "B" })]).flat();
    expect((await caller.post(path, { records: mixed(5) })).status).toBe(200);
    expect(await caller.post(path, { records: mixed(6) })).toMatchObject({
      status: 400,
      json: [{ message: expect.stringContaining("more than 10 chunks") }],
    });
    expect((await caller.post(path, { records: [{ attributes: { type: "Nothing" } }] })).status).toBe(404);
    expect((await caller.post(path, { records: [{ Name: "untyped" }] })).status).toBe(400);
    expect(await caller.post(path, "{ not json")).toMatchObject({
      status: 400,
      json: [{ errorCode: "JSON_PARSER_ERROR" }],
    });
    expect(await caller.count("Account")).toBe(205);
  });
});

describe("changing many", () => {
  it("tells for each whether it could be changed", async () => {
    const id = await caller.create("Account", { Name: "A" });
    const gone = await caller.create("Account", { Name: "B" });
    await caller.delete(`/sobjects/Account/${gone}`);
    const answer = await caller.patch(path, {
      records: [
        account({ id, Name: "Changed" }),
        account({ Id: gone, Name: "x" }),
        account({ Name: "no id" }),
        account({ id: "001gL0000000000AAA", Name: "x" }),
        account({ id: "003gL0000000000", Name: "x" }),
      ],
    });
    expect(answer.json).toMatchObject([
      { id, success: true, errors: [] },
      { success: false, errors: [{ statusCode: "ENTITY_IS_DELETED" }] },
      { success: false, errors: [{ statusCode: "MISSING_ARGUMENT", message: "Id not specified in an update call" }] },
      {
        success: false,
        errors: [{ statusCode: "INVALID_CROSS_REFERENCE_KEY", message: "invalid cross reference id" }],
      },
      { success: false, errors: [{ statusCode: "MALFORMED_ID", fields: ["Id"] }] },
    ]);
    expect((await caller.get(`/sobjects/Account/${id}`)).json).toMatchObject({ Name: "Changed" });
  });

  it("leaves all as they were when one fails and all or none was asked for", async () => {
    const id = await caller.create("Account", { Name: "A", External_Id__c: "E-1" });
    const records = [account({ id, Name: "Changed", External_Id__c: "E-2" }), account({ Name: "no id" })];
    const answer = await caller.patch(path, { allOrNone: true, records });
    expect(answer.json).toMatchObject([{ id, ...rolledBack }, { success: false }]);
    expect((await caller.get("/sobjects/Account/External_Id__c/E-1")).json).toMatchObject({ Id: id, Name: "A" });
    expect((await caller.get("/sobjects/Account/External_Id__c/E-2")).status).toBe(404);
  });
});

describe("deleting many", () => {
  it("takes ids of several objects, and brings all back when one fails and all or none was asked for", async () => {
    const first = await caller.create("Account", { Name: "A" });
    await caller.create("Contact", { LastName: "Of A", AccountId: first });
    const second = await caller.create("Lead", { LastName: "L", Company: "C" });
    const ids = `${first},${second},bad`;
    expect((await caller.delete(`${path}?ids=${ids}&allOrNone=true`)).json).toMatchObject([
      { id: first, ...rolledBack },
      { id: second, ...rolledBack },
      { success: false, errors: [{ statusCode: "MALFORMED_ID", message: "malformed id bad" }] },
    ]);
    expect(await caller.count("Contact")).toBe(1);
    expect((await caller.delete(`${path}?ids=${ids}`)).json).toMatchObject([
      { id: first, success: true },
      { id: second, success: true },
      { success: false },
    ]);
    expect(await caller.count("Contact")).toBe(0);
    expect((await caller.delete(path)).status).toBe(400);
  });
});

describe("upserting many", () => {
  it("makes what is new, changes what is known, and refuses a key that comes twice in every place", async () => {
    await caller.create("Account", { Name: "Known", External_Id__c: "K" });
    const records = [
      account({ External_Id__c: "K", Name: "Changed" }),
      account({ External_Id__c: "N", Name: "New" }),
      account({ External_Id__c: "D", Name: "Twice" }),
      account({ External_Id__c: "d", Name: "Twice again" }),
      account({ Name: "No key" }),
    ];
    const answer = await caller.patch(`${path}/Account/External_Id__c`, { records });
    const twice = { success: false, created: false, errors: [{ statusCode: "DUPLICATE_VALUE" }] };
    expect(answer).toMatchObject({
      status: 200,
      json: [
        { success: true, created: false, id: expect.any(String) },
        { success: true, created: true, id: expect.any(String) },
        twice,
        twice,
        { success: false, errors: [{ statusCode: "MISSING_ARGUMENT", message: "External_Id__c not specified" }] },
      ],
    });
    expect(await caller.count("Account")).toBe(2);
  });

  it("refuses a key that several records have, and takes the id as a key", async () => {
    for (const LastName of ["One", "Two"]) await caller.create("Contact", { LastName, Legacy_Key__c: "twice" });
    const id = await caller.create("Contact", { LastName: "Three" });
    const answer = await caller.patch(`${path}/Contact/Legacy_Key__c`, {
      records: [contact({ Legacy_Key__c: "twice", LastName: "x" })],
    });
    expect(answer.json).toMatchObject([{ success: false, errors: [{ statusCode: "DUPLICATE_EXTERNAL_ID" }] }]);
    const records = [contact({ Id: id, LastName: "Changed" }), contact({ LastName: "New" })];
    expect((await caller.patch(`${path}/Contact/Id`, { records })).json).toMatchObject([
      { id, success: true, created: false },
      { success: true, created: true },
    ]);
    expect((await caller.patch(`${path}/Contact/LastName`, { records })).status).toBe(404);
    expect((await caller.patch(`${path}/Account/External_Id__c`, { records })).status).toBe(400);
  });
});

describe("reading many", () => {
  it("gives as many entries as ids, null where there is no such record", async () => {
    const id = await caller.create("Account", { Name: "A" });
    const gone = await caller.create("Account", { Name: "B" });
    await caller.delete(`/sobjects/Account/${gone}`);
    const ids = [id, gone, "001gL0000000000AAA", "bad", id.slice(0, 15)];
    const found = {
      attributes: { type: "Account", url: `/services/data/v60.0/sobjects/Account/${id}` },
      Id: id,
      Name: "A",
    };
    const expected = [found, null, null, null, found];
    expect((await caller.get(`${path}/Account?ids=${ids.join(",")}&fields=id,name`)).json).toEqual(expected);
    expect((await caller.post(`${path}/Account`, { ids, fields: ["Name"] })).json).toEqual(expected);
    expect(await caller.post(`${path}/Account`, { ids, fields: ["Nope"] })).toMatchObject({
      status: 400,
      json: [{ errorCode: "INVALID_FIELD" }],
    });
    const tooMany = Array.from({ length: 2_001 }, () => id);
    expect((await caller.post(`${path}/Account`, { ids: tooMany, fields: ["Name"] })).status).toBe(400);
  });
});
