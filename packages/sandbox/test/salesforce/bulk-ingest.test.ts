import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { query } from "../client.js";
import { openBulk } from "./bulk-client.js";

const hourMs = 60 * 60 * 1000;
let now = Date.UTC(2026, 10, 26, 9);
let sandbox: SalesforceSandbox;
let bulk: Awaited<ReturnType<typeof openBulk>>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ clock: () => now, bulkPollsUntilComplete: 0 });
});

beforeEach(async () => {
  sandbox.reset();
  bulk = await openBulk(sandbox);
});

afterAll(() => sandbox.close());

const insertAccounts = { object: "Account", operation: "insert", contentType: "CSV" };

async function find(soql: string): Promise<Record<string, unknown>[]> {
  const { json } = await query(sandbox, bulk.token, soql);
  return (json as { records: Record<string, unknown>[] }).records;
}

describe("a job that writes", () => {
  it("says of itself what the guide says", async () => {
    const job = await bulk.create("ingest", insertAccounts);
    expect(job).toEqual({
      id: expect.stringMatching(/^750\w{15}$/),
      operation: "insert",
      object: "Account",
      createdById: expect.stringMatching(/^005/),
      createdDate: "2026-11-26T09:00:00.000+0000",
      systemModstamp: "2026-11-26T09:00:00.000+0000",
      state: "Open",
      concurrencyMode: "Parallel",
      contentType: "CSV",
      apiVersion: 60,
      contentUrl: `services/data/v60.0/jobs/ingest/${job.id}/batches`,
      lineEnding: "LF",
      columnDelimiter: "COMMA",
    });
    expect(await bulk.info("ingest", job.id)).toMatchObject({
      jobType: "V2Ingest",
      numberRecordsProcessed: 0,
      numberRecordsFailed: 0,
      retries: 0,
      totalProcessingTime: 0,
    });
  });

  it("is complete though rows failed, and tells each one's fate with the columns as they came", async () => {
    const csv = 'Name,NumberOfEmployees,Active__c\n"A, Ltd.",12,yes\n,1,true\nB,many,0\nC,,\n';
    const job = await bulk.load(insertAccounts, csv);
    expect(job).toMatchObject({ state: "JobComplete", numberRecordsProcessed: 4, numberRecordsFailed: 2 });
    const successful = await bulk.results(job.id, "successfulResults");
    expect(successful.replaceAll(/001\w{15}/g, "001…")).toBe(
      '"sf__Id","sf__Created","Name","NumberOfEmployees","Active__c"\n' +
        '"001…","true","A, Ltd.","12","yes"\n"001…","true","C","",""\n',
    );
    expect(await bulk.results(job.id, "failedResults")).toBe(
      '"sf__Id","sf__Error","Name","NumberOfEmployees","Active__c"\n' +
        '"","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --","","1","true"\n' +
        '"","INVALID_TYPE_ON_FIELD_IN_RECORD:Number Of Employees: value not of required type: many:NumberOfEmployees --","B","many","0"\n',
    );
    expect(await bulk.results(job.id, "unprocessedrecords")).toBe('"Name","NumberOfEmployees","Active__c"\n');
    expect(await find("SELECT NumberOfEmployees FROM Account WHERE Name = 'A, Ltd.'")).toMatchObject([
      { NumberOfEmployees: 12 },
    ]);
  });

  it.each([
    ["COMMA", ","],
    ["SEMICOLON", ";"],
    ["TAB", "\t"],
    ["PIPE", "|"],
    ["CARET", "^"],
    ["BACKQUOTE", "`"],
  ])("reads and writes columns with %s between them, and CRLF", async (columnDelimiter, mark) => {
    const form = { ...insertAccounts, columnDelimiter, lineEnding: "CRLF" };
    const csv = `Name${mark}Description\r\n"x${mark}y"${mark}"line one\r\nline ""two"""\r\n`;
    const job = await bulk.load(form, csv);
    expect(job).toMatchObject({ state: "JobComplete", numberRecordsFailed: 0, columnDelimiter, lineEnding: "CRLF" });
    expect(
      await find(`SELECT Description FROM Account WHERE Name = 'x${mark === "\t" ? "\\t" : mark}y'`),
    ).toMatchObject([{ Description: 'line one\r\nline "two"' }]);
    const successful = await bulk.results(job.id, "successfulResults");
    expect(successful).toContain(`"x${mark}y"${mark}"line one\r\nline ""two"""\r\n`);
  });

  it("updates by Id: an empty cell leaves a field as it is, #N/A empties it", async () => {
    const [account] = await find("SELECT Id, Name, Industry, BillingCity FROM Account WHERE Industry != null LIMIT 1");
    const csv = `Id,Industry,BillingCity,Rating\n${account?.Id},,#N/A,Hot\n001000000000000AAA,x,y,Hot\n,x,y,Hot\n`;
    const job = await bulk.load({ object: "Account", operation: "update" }, csv);
    expect(job).toMatchObject({ numberRecordsProcessed: 3, numberRecordsFailed: 2 });
    expect(await find(`SELECT Industry, BillingCity, Rating FROM Account WHERE Id = '${account?.Id}'`)).toMatchObject([
      { Industry: account?.Industry, BillingCity: null, Rating: "Hot" },
    ]);
    expect(await bulk.results(job.id, "successfulResults")).toContain(`"${account?.Id}","false"`);
    const failed = await bulk.results(job.id, "failedResults");
    expect(failed).toContain('"001000000000000AAA","INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"');
    expect(failed).toContain('"","MISSING_ARGUMENT:Id not specified:--"');
  });

  it("upserts by external id and points to other records by theirs", async () => {
    const upsert = { object: "Account", operation: "upsert", externalIdFieldName: "External_Id__c" };
    const first = await bulk.load(upsert, "External_Id__c,Name\nE-1,One\n");
    expect(await bulk.results(first.id, "successfulResults")).toContain('"true","E-1","One"');
    const second = await bulk.load(upsert, "External_Id__c,Name\nE-1,Uno\n,None\n");
    expect(second).toMatchObject({ externalIdFieldName: "External_Id__c", numberRecordsFailed: 1 });
    expect(await bulk.results(second.id, "successfulResults")).toContain('"false","E-1","Uno"');
    expect(await bulk.results(second.id, "failedResults")).toContain(
      "MISSING_ARGUMENT:External_Id__c not specified:--",
    );
    const contacts = await bulk.load(
      { object: "Contact", operation: "insert" },
      "LastName,Account.External_Id__c\nPointer,E-1\nLost,E-9\n",
    );
    expect(contacts).toMatchObject({ numberRecordsFailed: 1 });
    expect(await find("SELECT Account.Name FROM Contact WHERE LastName = 'Pointer'")).toMatchObject([
      { Account: { Name: "Uno" } },
    ]);
    expect(await bulk.results(contacts.id, "failedResults")).toContain(
      "INVALID_FIELD:Foreign key external ID: E-9 not found for field External_Id__c in entity Account:--",
    );
  });

  it("deletes, for the recycle bin or for good", async () => {
    const [soft, hard] = await find("SELECT Id FROM Lead LIMIT 2");
    await bulk.load({ object: "Lead", operation: "delete" }, `Id\n${soft?.Id}\n`);
    await bulk.load({ object: "Lead", operation: "hardDelete" }, `Id\n${hard?.Id}\n`);
    const all = await bulk.call(
      `/queryAll?q=${encodeURIComponent(`SELECT Id, IsDeleted FROM Lead WHERE Id IN ('${soft?.Id}', '${hard?.Id}')`)}`,
    );
    expect(all.json).toMatchObject({ totalSize: 1, records: [{ Id: soft?.Id, IsDeleted: true }] });
  });

  it.each([
    [
      "a column that the object does not have",
      "Name,Nothing__c\nA,1\n",
      "InvalidBatch : Field name not found : Nothing__c",
    ],
    [
      "other line endings",
      "Name\r\nA\r\n",
      "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
    ],
    ["a row that is longer than the header", "Name\nA,B\n", "InvalidBatch : Row has 2 columns, the header 1"],
    ["a quote that does not end", 'Name\n"A\n', "InvalidBatch : The quoted value does not end"],
    [
      "a type where none is needed",
      "Name,Account:Parent.External_Id__c\nA,B\n",
      "InvalidBatch : type is not needed for non polymorphic foreign key: Account:Parent.External_Id__c",
    ],
  ])("fails as a whole by %s, and gives the data back as unprocessed", async (_case, csv, errorMessage) => {
    const job = await bulk.load(insertAccounts, csv);
    expect(job).toMatchObject({ state: "Failed", errorMessage, numberRecordsProcessed: 0 });
    expect(await bulk.results(job.id, "unprocessedrecords")).toBe(csv);
    expect(await bulk.results(job.id, "failedResults")).toBe("");
  });

  it("takes the data along with its making, in a multipart request", async () => {
    const body = [
      "--edge",
      "Content-Type: application/json",
      'Content-Disposition: form-data; name="job"',
      "",
      JSON.stringify(insertAccounts),
      "--edge",
      "Content-Type: text/csv",
      'Content-Disposition: form-data; name="content"; filename="content"',
      "",
      "Name\nInline\n",
      "--edge--",
      "",
    ].join("\r\n");
    const headers = { "content-type": "multipart/form-data; boundary=edge" };
    const made = await bulk.call("/jobs/ingest", { method: "POST", body, headers });
    expect(made.json).toMatchObject({ state: "UploadComplete" });
    const { id } = made.json as { id: string };
    expect(await bulk.finish("ingest", id)).toMatchObject({ state: "JobComplete", numberRecordsProcessed: 1 });
    const tooLong = body.replace("Inline", "x".repeat(100_001));
    expect((await bulk.call("/jobs/ingest", { method: "POST", body: tooLong, headers })).status).toBe(400);
  });

  it("takes one upload, while it is open, as CSV and no larger than allowed", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    const path = `/jobs/ingest/${id}/batches`;
    expect((await bulk.call(path, { method: "PUT", body: {} })).status).toBe(400);
    sandbox.configure({ bulkUploadBytes: 10 });
    expect((await bulk.upload(id, "Name\nmuch too long\n")).status).toBe(413);
    sandbox.configure({ bulkUploadBytes: 1_000 });
    expect((await bulk.upload(id, "Name\nA\n")).status).toBe(201);
    const again = { status: 400, json: [{ errorCode: "INVALIDJOBSTATE" }] };
    expect(await bulk.upload(id, "Name\nB\n")).toMatchObject(again);
    await bulk.setState("ingest", id, "UploadComplete");
    expect(await bulk.upload(id, "Name\nC\n")).toMatchObject(again);
    expect(await bulk.setState("ingest", id, "UploadComplete")).toMatchObject(again);
  });

  it("takes an upload that is packed", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    const answer = await fetch(`${sandbox.url}/services/data/v60.0/jobs/ingest/${id}/batches`, {
      method: "PUT",
      headers: { authorization: `Bearer ${bulk.token}`, "content-type": "text/csv", "content-encoding": "gzip" },
      body: gzipSync("Name\nPacked\n"),
    });
    expect(answer.status).toBe(201);
    await bulk.setState("ingest", id, "UploadComplete");
    expect(await bulk.finish("ingest", id)).toMatchObject({ numberRecordsProcessed: 1, numberRecordsFailed: 0 });
  });

  it("is told of too much when the whole of it has been sent", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    sandbox.configure({ bulkUploadBytes: 1_000_000 });
    const answer = await bulk.upload(id, `Name\n${"x".repeat(20_000_000)}\n`);
    expect(answer).toMatchObject({ status: 413, json: [{ errorCode: "REQUEST_ENTITY_TOO_LARGE" }] });
    expect((await bulk.upload(id, "Name\nA\n")).status).toBe(201);
  });

  it("may be uploaded again at once when the first time was cut off in the middle", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    const { port } = sandbox;
    const socket = connect(port, "127.0.0.1");
    const path = `/services/data/v60.0/jobs/ingest/${id}/batches`;
    const head = [`PUT ${path} HTTP/1.1`, "host: x", `authorization: Bearer ${bulk.token}`, "content-type: text/csv"];
    socket.write(`${head.join("\r\n")}\r\ncontent-length: 1000000\r\n\r\nName\nHalf\n`);
    await expect.poll(() => sandbox.requests({ path, method: "PUT" })).toHaveLength(1);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    await closed;
    expect((await bulk.upload(id, "Name\nWhole\n")).status).toBe(201);
    await bulk.setState("ingest", id, "UploadComplete");
    expect(await bulk.finish("ingest", id)).toMatchObject({ numberRecordsProcessed: 1, numberRecordsFailed: 0 });
    expect(await find("SELECT Id FROM Account WHERE Name = 'Half'")).toEqual([]);
  });

  it("takes no second upload while the first comes in", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    const answers = await Promise.all([bulk.upload(id, "Name\nA\n"), bulk.upload(id, "Name\nB\n")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
  });

  it("may be uploaded again when the first time was cut off before it came", async () => {
    const { id } = await bulk.create("ingest", insertAccounts);
    sandbox.addFault({ method: "PUT", path: "/services/data", cutBefore: true });
    await expect(bulk.upload(id, "Name\nA\n")).rejects.toThrow();
    expect((await bulk.upload(id, "Name\nA\n")).status).toBe(201);
  });

  it("moves on as it is asked about, and keeps what was done when it is aborted", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 3 });
    const { id } = await bulk.create("ingest", insertAccounts);
    await bulk.upload(id, "Name\nA\nB\nC\nD\n");
    expect((await bulk.setState("ingest", id, "UploadComplete")).json).toMatchObject({ state: "UploadComplete" });
    expect(await bulk.info("ingest", id)).toMatchObject({ state: "InProgress", numberRecordsProcessed: 1 });
    expect((await bulk.call(`/jobs/ingest/${id}/successfulResults`)).status).toBe(400);
    expect((await bulk.call(`/jobs/ingest/${id}`, { method: "DELETE" })).status).toBe(400);
    expect(await bulk.info("ingest", id)).toMatchObject({ state: "InProgress", numberRecordsProcessed: 2 });
    expect((await bulk.setState("ingest", id, "Aborted")).json).toMatchObject({ state: "Aborted" });
    expect(await bulk.info("ingest", id)).toMatchObject({ state: "Aborted", numberRecordsProcessed: 2 });
    expect(await bulk.results(id, "unprocessedrecords")).toBe('"Name"\n"C"\n"D"\n');
    expect((await bulk.results(id, "successfulResults")).split("\n")).toHaveLength(4);
    expect((await bulk.call(`/jobs/ingest/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await bulk.call(`/jobs/ingest/${id}`)).status).toBe(404);
  });

  it("may fail in the middle, and tells what was done before", async () => {
    sandbox.configure({ bulkFailAfterRows: 2 });
    const job = await bulk.load(insertAccounts, 'Name\nA\n""\nC\nD\n');
    expect(job).toMatchObject({ state: "Failed", numberRecordsProcessed: 2, numberRecordsFailed: 1 });
    expect(job.errorMessage).toContain("InternalServerError");
    expect(await bulk.results(job.id, "successfulResults")).toContain('"true","A"');
    expect(await bulk.results(job.id, "unprocessedrecords")).toBe('"Name"\n"C"\n"D"\n');
  });

  it("is not done before its time by the clock, where that is set", async () => {
    sandbox.configure({ bulkProcessingMs: hourMs });
    const { id } = await bulk.create("ingest", insertAccounts);
    await bulk.upload(id, "Name\nA\nB\n");
    await bulk.setState("ingest", id, "UploadComplete");
    expect(await bulk.info("ingest", id)).toMatchObject({ state: "InProgress", numberRecordsProcessed: 0 });
    now += hourMs / 2;
    expect(await bulk.info("ingest", id)).toMatchObject({ state: "InProgress", numberRecordsProcessed: 1 });
    now += hourMs / 2;
    const job = await bulk.info("ingest", id);
    expect(job).toMatchObject({ state: "JobComplete", numberRecordsProcessed: 2, totalProcessingTime: hourMs });
  });

  it.each([
    [{ ...insertAccounts, object: "Nothing" }, "INVALIDJOB"],
    [{ ...insertAccounts, object: "Organization" }, "INVALIDENTITY"],
    [{ ...insertAccounts, operation: "merge" }, "INVALIDJOB"],
    [{ ...insertAccounts, columnDelimiter: "COLON" }, "INVALIDJOB"],
    [{ ...insertAccounts, contentType: "JSON" }, "INVALIDJOB"],
    [{ object: "Account", operation: "upsert" }, "INVALIDJOB"],
    [{ object: "Account", operation: "upsert", externalIdFieldName: "Name" }, "INVALIDJOB"],
    ["no JSON", "JSON_PARSER_ERROR"],
  ])("is not made by %j", async (body, errorCode) => {
    const answer = await bulk.call("/jobs/ingest", { method: "POST", body });
    expect(answer).toMatchObject({ status: 400, json: [{ errorCode }] });
  });

  it("is listed, a page at a time, for seven days", async () => {
    sandbox.configure({ bulkJobsPerList: 2 });
    const ids: string[] = [];
    for (let made = 0; made < 3; made += 1) ids.unshift((await bulk.create("ingest", insertAccounts)).id);
    const first = (await bulk.call("/jobs/ingest")).json as { nextRecordsUrl: string };
    expect(first).toMatchObject({ done: false, records: [{ id: ids[0] }, { id: ids[1] }] });
    const next = await bulk.call(first.nextRecordsUrl.replace("/services/data/v60.0", ""));
    expect(next.json).toMatchObject({ done: true, nextRecordsUrl: null, records: [{ id: ids[2] }] });
    now += 7 * 24 * hourMs + 1;
    bulk = await openBulk(sandbox);
    expect((await bulk.call("/jobs/ingest")).json).toMatchObject({ done: true, records: [] });
  });
});

describe("rows of Measurement__c", () => {
  it("are checked and counted in any number, and not kept", async () => {
    const rows = Array.from({ length: 30_000 }, (_unused, at) => `R${at},S-${at},${at % 2 === 0 ? at : "much"}`);
    const csv = `Name,Serial__c,Value__c\n${rows.join("\n")}\n`;
    const job = await bulk.load({ object: "Measurement__c", operation: "insert" }, csv);
    expect(job).toMatchObject({ numberRecordsProcessed: 30_000, numberRecordsFailed: 15_000 });
    expect(await find("SELECT Id FROM Measurement__c")).toEqual([]);
    // Three batches of 10 000, until a day has gone by.
    const limits = async () => (await bulk.call("/limits")).json;
    expect(await limits()).toMatchObject({ DailyBulkApiBatches: { Max: 15_000, Remaining: 14_997 } });
    now += 24 * hourMs;
    bulk = await openBulk(sandbox);
    expect(await limits()).toMatchObject({ DailyBulkApiBatches: { Remaining: 15_000 } });
    const lines = (await bulk.results(job.id, "successfulResults")).trimEnd().split("\n").slice(1);
    expect(new Set(lines.map((line) => line.slice(1, 19))).size).toBe(15_000);
  });
});
