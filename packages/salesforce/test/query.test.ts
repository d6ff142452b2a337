import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const count = 2_600;
const allLeads = "SELECT Id, Company FROM Lead ORDER BY Company";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
  connector = await connectedTo(sandbox);
  const numbers = Array.from({ length: count }, (_unused, index) => String(index).padStart(5, "0"));
  await Promise.all(
    numbers.map((number) => connector.create("Lead", { LastName: "Paged", Company: `Company ${number}` })),
  );
});

beforeEach(() => sandbox.clearRequests());

afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

describe("query", () => {
  it("yields every record of all pages, each once and in order", async () => {
    const companies: unknown[] = [];
    for await (const record of connector.query(allLeads)) companies.push(record.Company);
    expect(companies).toEqual(Array.from({ length: count }, (_unused, i) => `Company ${String(i).padStart(5, "0")}`));
    expect(sandbox.requests()).toHaveLength(2);
  });

  it("follows nextRecordsUrl exactly as it was given", async () => {
    const page = await connector.queryPage({ soql: allLeads });
    expect(page).toMatchObject({ totalSize: count, done: false });
    const { nextRecordsUrl = "" } = page;
    const last = await connector.queryPage({ nextRecordsUrl });
    expect(last).toMatchObject({ done: true });
    expect(sandbox.requests().at(-1)?.path).toBe(nextRecordsUrl);
  });

  it("asks for the next page only when the records of the last one are used up", async () => {
    const records = connector.query(allLeads, { batchSize: 200 })[Symbol.asyncIterator]();
    for (let index = 0; index < 200; index += 1) await records.next();
    expect(sandbox.requests()).toHaveLength(1);
    await records.next();
    expect(sandbox.requests()).toHaveLength(2);
    expect(sandbox.requests()[0]?.headers["sforce-query-options"]).toBe("batchSize=200");
  });

  it("stops asking when the reader stops", async () => {
    for await (const _record of connector.query(allLeads, { batchSize: 200 })) break;
    expect(sandbox.requests()).toHaveLength(1);
  });

  it("ends with CANCELLED between pages when its signal is aborted", async () => {
    const controller = new AbortController();
    const read = async () => {
      for await (const _record of connector.query(allLeads, { signal: controller.signal })) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(sandbox.requests()).toHaveLength(1);
  });

  it("goes on after a page that was cut off", async () => {
    sandbox.addFault({ pathPattern: "/query/", cutBody: true });
    const { records } = await connector.queryAllRecords(allLeads);
    expect(new Set(records.map(({ Id }) => Id)).size).toBe(count);
    expect(sandbox.requests()).toHaveLength(3);
  });
});

describe("queryAllRecords", () => {
  it("returns records and total", async () => {
    const { records, totalSize } = await connector.queryAllRecords(allLeads);
    expect(records).toHaveLength(count);
    expect(totalSize).toBe(count);
  });

  it("refuses more than maxRecords instead of shortening the result", async () => {
    await expect(connector.queryAllRecords(allLeads, { maxRecords: 2_599 })).rejects.toMatchObject({
      code: "RESPONSE_TOO_LARGE",
    });
    expect(sandbox.requests()).toHaveLength(1);
  });

  it("tells a COUNT() as the total", async () => {
    expect(await connector.queryAllRecords("SELECT COUNT() FROM Lead")).toEqual({ records: [], totalSize: count });
  });

  it("finds deleted records when asked to", async () => {
    const { id } = await connector.create("Lead", { LastName: "Gone", Company: "Gone" });
    await connector.delete("Lead", id);
    const gone = "SELECT Id, IsDeleted FROM Lead WHERE Company = 'Gone'";
    expect((await connector.queryAllRecords(gone)).records).toEqual([]);
    const { records } = await connector.queryAllRecords(gone, { includeDeleted: true });
    expect(records).toEqual([expect.objectContaining({ Id: id, IsDeleted: true })]);
  });

  it("reports a malformed query without repeating it", async () => {
    const failure = connector.queryAllRecords("SELECT Id FROM Lead WHERE Company = 'Secret Customer' AND");
    await expect(failure).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "MALFORMED_QUERY" } });
    await expect(failure).rejects.not.toMatchObject({ vendor: { message: expect.stringContaining("Secret") } });
  });
});
