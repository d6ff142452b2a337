import { buffer } from "node:stream/consumers";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { bulkCalls, collect, impatientClock } from "./bulk-bench.js";
import { connectedTo, startSandbox } from "./connect.js";

const soql = "SELECT Id, Name, Serial__c, Valid__c, Note__c FROM Measurement__c";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ measurements: 5_000, bulkPageSize: 700 });
});

beforeEach(async () => {
  sandbox.reset();
  connector = await connectedTo(sandbox, { clock: impatientClock() });
});

afterEach(() => connector.close());
afterAll(() => sandbox.close());

describe("bulk.query", () => {
  it("yields every row of all pages, each once and in order, whether pages are listed or followed", async () => {
    const listed = await collect(connector.bulk.query(soql));
    expect(bulkCalls(sandbox)).toContain("GET /jobs/query/{id}/resultPages");
    sandbox.clearRequests();
    const followed = await collect(connector.bulk.query(soql, { maxRecords: 700 }));
    expect(bulkCalls(sandbox)).not.toContain("GET /jobs/query/{id}/resultPages");
    const single = await collect(connector.bulk.query(soql, { maxRecords: 5_000, parallelPages: 1 }));
    expectAllRows(listed);
    expect(followed).toEqual(listed);
    expect(single).toEqual(listed);
  });

  it("follows locators where the API version knows no list of pages", async () => {
    const older = await connectedTo(sandbox, { clock: impatientClock(), apiVersion: "v57.0" });
    expectAllRows(await collect(older.bulk.query(soql)));
    expect(bulkCalls(sandbox)).not.toContain("GET /jobs/query/{id}/resultPages");
    await older.close();
  });

  it("gives text as it is, and null where there is no value", async () => {
    const rows = await collect(connector.bulk.query(soql));
    expect(rows[7]).toEqual({
      Id: expect.stringMatching(/^a0M\w{15}$/),
      Name: "Reading 8",
      Serial__c: "SN-000000008",
      Valid__c: "true",
      Note__c: 'checked by "Ö", twice\nsee row 7',
    });
    expect(rows[8]?.Note__c).toBeNull();
  });

  it("gives no row where there is none", async () => {
    sandbox.configure({ measurements: 0 });
    expect(await collect(connector.bulk.query(soql))).toEqual([]);
  });

  it("finds deleted records when asked to", async () => {
    const { id } = await connector.create("Lead", { LastName: "Gone", Company: "Gone" });
    await connector.delete("Lead", id);
    const gone = "SELECT Id FROM Lead WHERE Company = 'Gone'";
    expect(await collect(connector.bulk.query(gone))).toEqual([]);
    expect(await collect(connector.bulk.query(gone, { includeDeleted: true }))).toEqual([{ Id: id }]);
  });

  it("asks for no more than a few pages ahead of a reader who takes his time", async () => {
    const rows = connector.bulk.query(soql, { parallelPages: 3 });
    await rows.next();
    await expect.poll(resultCalls).toBe(3);
    for (let index = 0; index < 700; index += 1) await rows.next();
    await expect.poll(resultCalls).toBe(4);
    await rows.return?.();
    expect(resultCalls()).toBe(4);
  });

  it("asks for nothing ahead when told so", async () => {
    const rows = connector.bulk.query(soql, { parallelPages: 1 });
    await rows.next();
    expect(resultCalls()).toBe(1);
    await rows.return?.();
  });

  it("gives the whole as one CSV with one header", async () => {
    const { mediaType, body } = await connector.bulk.queryCsv(soql);
    expect(mediaType).toBe("text/csv; charset=utf-8");
    const text = (await buffer(body)).toString();
    expect(text.match(/"Id","Name"/g)).toHaveLength(1);
    expect(text.match(/"SN-\d+"/g)).toHaveLength(5_000);
    expect(text.startsWith('"Id","Name","Serial__c","Valid__c","Note__c"\n')).toBe(true);
  });

  it("tells a query that Salesforce refuses, without repeating it", async () => {
    const refused = collect(connector.bulk.query("SELECT Nothing__c FROM Lead WHERE Company = 'Secret'"));
    await expect(refused).rejects.toMatchObject({ code: "VENDOR_REJECTED" });
    await expect(refused).rejects.not.toMatchObject({ vendor: { message: expect.stringContaining("Secret") } });
  });

  it("aborts the job when its signal is aborted while it waits", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 9 });
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const rows = collect(connector.bulk.query(soql, { signal: controller.signal, onProgress }));
    await expect(rows).rejects.toMatchObject({ code: "CANCELLED" });
    expect(bulkCalls(sandbox).at(-1)).toBe("PATCH /jobs/query/{id}");
  });

  it("takes a job that is gone for ended when it is cancelled", async () => {
    const { signal } = new AbortController();
    await connector.bulk.queries.cancel({ version: 1, jobId: "750000000000009AAA", looks: 0 }, { signal });
    expect(bulkCalls(sandbox)).toEqual(["PATCH /jobs/query/{id}"]);
  });

  it("ends with CANCELLED in the middle of the rows when its signal is aborted", async () => {
    const controller = new AbortController();
    let count = 0;
    const read = async () => {
      for await (const _row of connector.bulk.query(soql, { signal: controller.signal })) {
        count += 1;
        if (count === 1_000) controller.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(count).toBeLessThan(5_000);
  });
});

describe("a bulk query under faults", () => {
  it.each([
    ["listed", {}],
    ["followed", { maxRecords: 700 }],
  ])("loses and doubles no row when pages are cut in the middle (pages %s)", async (_how, options) => {
    sandbox.addFault({ pathPattern: "/results", cutBody: true, times: 6 });
    expectAllRows(await collect(connector.bulk.query(soql, options)));
    expect(resultCalls()).toBeGreaterThan(8);
  });

  it("loses and doubles no byte of the CSV when pages are cut in the middle", async () => {
    const whole = await buffer((await connector.bulk.queryCsv(soql)).body);
    sandbox.addFault({ pathPattern: "/results", cutBody: true, times: 6 });
    expect(await buffer((await connector.bulk.queryCsv(soql)).body)).toEqual(whole);
  });

  it("goes on when the session ends in the middle of the rows", async () => {
    const rows = [];
    for await (const row of connector.bulk.query(soql, { parallelPages: 1 })) {
      rows.push(row);
      if (rows.length === 500) sandbox.expireAccessTokens();
    }
    expectAllRows(rows);
    expect(sandbox.requests({ path: "/services/oauth2/token" })).toHaveLength(1);
  });

  it("gets through storms of 503, before the job, while it runs and between pages", async () => {
    const storm = { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }] };
    sandbox.addFault({ method: "POST", pathPattern: "/jobs/query$", times: 3, ...storm });
    sandbox.addFault({ method: "GET", pathPattern: "/jobs/query/\\w+$", times: 20, ...storm });
    sandbox.addFault({ pathPattern: "/results", skip: 2, times: 9, ...storm });
    expectAllRows(await collect(connector.bulk.query(soql)));
  });

  it("refuses a page that is another one after it was cut, although rows of the first were given already", async () => {
    const whole = (await buffer((await connector.bulk.queryCsv(soql, { maxRecords: 5_000 })).body)).toString();
    const headers = { "content-type": "text/csv", "sforce-locator": "null", "sforce-numberofrecords": "5000" };
    for (const body of [whole.replace("SN-000000001", "SN-999999999"), whole.slice(0, 1_000)]) {
      sandbox.addFault({ pathPattern: "/results", cutBody: true });
      sandbox.addFault({ pathPattern: "/results", status: 200, body, headers });
      const rows: unknown[] = [];
      const read = async () => {
        for await (const row of connector.bulk.query(soql, { maxRecords: 5_000 })) rows.push(row);
      };
      await expect(read()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it("makes one more job, which nobody reads, when the answer to the first is lost", async () => {
    sandbox.addFault({ method: "POST", pathPattern: "/jobs/query$", cutAfter: true });
    expectAllRows(await collect(connector.bulk.query(soql)));
  });

  it("refuses a page without a locator instead of reading the first one again", async () => {
    const headers = { "content-type": "text/csv", "sforce-numberofrecords": "1" };
    sandbox.addFault({ pathPattern: "/results", status: 200, body: '"Id"\n"1"\n', headers });
    await expect(collect(connector.bulk.query(soql, { maxRecords: 700 }))).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
  });

  it("keeps rows apart in the CSV where a page ends without a line end", async () => {
    const headers = (locator: string) => ({ "content-type": "text/csv", "sforce-locator": locator });
    const path = (locator: string) => `/services/data/v60.0/jobs/query/750000000000001AAA/results?locator=${locator}`;
    const resultPages = ["a", "b"].map((locator) => ({ resultUrl: path(locator) }));
    sandbox.addFault({ pathPattern: "/resultPages", status: 200, body: { resultPages, done: true } });
    sandbox.addFault({ pathPattern: "locator=a", status: 200, body: '"Id"\n"1"', headers: headers("b") });
    sandbox.addFault({ pathPattern: "locator=b", status: 200, body: '"Id"\n"2"\n', headers: headers("null") });
    expect((await buffer((await connector.bulk.queryCsv("SELECT Id FROM Measurement__c")).body)).toString()).toBe(
      '"Id"\n"1"\n"2"\n',
    );
  });

  it("refuses a result with more rows than the job has counted: some came twice", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 0 });
    sandbox.addFault({
      method: "GET",
      pathPattern: "/jobs/query/\\w+$",
      skip: 1,
      status: 200,
      body: { id: "750000000000001AAA", state: "JobComplete", numberRecordsProcessed: 4_999 },
    });
    await expect(collect(connector.bulk.query(soql, { maxRecords: 5_000 }))).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
      message: expect.stringContaining("5000 rows where 4999"),
    });
  });

  it("refuses a page with another header, a page with too few rows, and one that is no CSV", async () => {
    const headers = { "content-type": "text/csv", "sforce-locator": "null", "sforce-numberofrecords": "1" };
    const csv = '"Id","Name","Serial__c","Valid__c","Note__c"\n';
    for (const [body, changed] of [
      ['"Id","Name"\n"1","2"\n', {}],
      [csv, {}],
      ["<html>Maintenance</html>", { "content-type": "text/html" }],
    ] as const) {
      sandbox.addFault({ pathPattern: "/results\\?", skip: 1, status: 200, body, headers: { ...headers, ...changed } });
      await expect(collect(connector.bulk.query(soql))).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
      sandbox.clearFaults();
    }
  });
});

function resultCalls(): number {
  return bulkCalls(sandbox).filter((call) => call.includes("/results")).length;
}

function expectAllRows(rows: readonly { readonly [name: string]: unknown }[]): void {
  expect(rows.map(({ Name }) => Name)).toEqual(Array.from({ length: 5_000 }, (_unused, at) => `Reading ${at + 1}`));
  expect(new Set(rows.map(({ Id }) => Id)).size).toBe(5_000);
}
