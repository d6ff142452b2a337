import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { openBulk } from "./bulk-client.js";

let sandbox: SalesforceSandbox;
let bulk: Awaited<ReturnType<typeof openBulk>>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ bulkPollsUntilComplete: 0 });
});

beforeEach(async () => {
  sandbox.reset();
  bulk = await openBulk(sandbox);
});

afterAll(() => sandbox.close());

async function run(query: string, more: Record<string, unknown> = {}): Promise<string> {
  const { id } = await bulk.create("query", { operation: "query", query, ...more });
  expect(await bulk.finish("query", id)).toMatchObject({ state: "JobComplete" });
  return id;
}

/** Every page of a result, by locator. */
async function pagesOf(id: string, maxRecords?: number): Promise<{ text: string; count: string | null }[]> {
  const pages: { text: string; count: string | null }[] = [];
  const size = maxRecords === undefined ? "" : `maxRecords=${maxRecords}`;
  let locator = "";
  for (;;) {
    const page = await bulk.call(`/jobs/query/${id}/results?${size}${locator}`);
    pages.push({ text: page.text, count: page.headers.get("sforce-numberofrecords") });
    const next = page.headers.get("sforce-locator");
    if (next === null || next === "null") return pages;
    locator = `&locator=${next}`;
  }
}

describe("a job that reads", () => {
  it("says of itself what the guide says", async () => {
    const query = "SELECT Id FROM Lead";
    const job = await bulk.create("query", { operation: "query", query });
    expect(job).toMatchObject({
      object: "Lead",
      state: "UploadComplete",
      lineEnding: "LF",
      columnDelimiter: "COMMA",
      apiVersion: 60,
    });
    expect(await bulk.info("query", job.id)).toMatchObject({
      state: "JobComplete",
      jobType: "V2Query",
      numberRecordsProcessed: 180,
    });
    expect((await bulk.call("/jobs/query")).json).toMatchObject({ done: true, records: [{ id: job.id }] });
    expect((await bulk.call("/limits")).json).toMatchObject({
      DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 9_999 },
    });
  });

  it("gives every page the header, and the word null for the locator of the last", async () => {
    const id = await run("SELECT Id, Name FROM Lead");
    const pages = await pagesOf(id, 80);
    expect(pages.map(({ count }) => count)).toEqual(["80", "80", "20"]);
    expect(pages.every(({ text }) => text.startsWith('"Id","Name"\n'))).toBe(true);
    const lines = pages.flatMap(({ text }) => text.trimEnd().split("\n").slice(1));
    expect(new Set(lines).size).toBe(180);
    expect((await pagesOf(id)).map(({ count }) => count)).toEqual(["180"]);
  });

  it("writes fields of other records, empty values, instants and the form that was asked for", async () => {
    const query =
      "SELECT Name, Account.Name, Phone, HasOptedOutOfEmail, CreatedDate FROM Contact WHERE LastName LIKE 'Ż%' ORDER BY Name LIMIT 1";
    const id = await run(query, { columnDelimiter: "TAB", lineEnding: "CRLF" });
    const [page] = await pagesOf(id);
    const [header, row] = page?.text.split("\r\n") ?? [];
    expect(header).toBe('"Name"\t"Account.Name"\t"Phone"\t"HasOptedOutOfEmail"\t"CreatedDate"');
    const cells = row?.split("\t") ?? [];
    expect(cells[0]).toContain("Ż");
    expect(cells[3]).toBe('"false"');
    expect(cells[4]).toMatch(/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/);
  });

  it("finds deleted records by queryAll", async () => {
    const query = "SELECT Id FROM Lead WHERE IsDeleted = true";
    const found = (await bulk.call("/query?q=SELECT+Id+FROM+Lead+LIMIT+1")).json as { records: { Id: string }[] };
    await bulk.call(`/sobjects/Lead/${found.records[0]?.Id}`, { method: "DELETE" });
    const all = await bulk.create("query", { operation: "queryAll", query });
    expect(await bulk.finish("query", all.id)).toMatchObject({ numberRecordsProcessed: 1, operation: "queryAll" });
  });

  it("names up to five pages at once for reading side by side", async () => {
    bulk = await openBulk(sandbox, "v66.0");
    const id = await run("SELECT Id FROM Lead");
    const first = (await bulk.call(`/jobs/query/${id}/resultPages?maxRecords=30`)).json as ResultPages;
    expect(first).toMatchObject({ done: false });
    expect(first.resultPages).toHaveLength(5);
    const rest = (await bulk.call(pathOf(first.nextRecordsUrl ?? ""))).json as ResultPages;
    expect(rest).toMatchObject({ done: true });
    const urls = [...first.resultPages, ...rest.resultPages].map(({ resultUrl }) => resultUrl);
    const texts = await Promise.all(urls.map(async (url) => (await bulk.call(pathOf(url))).text));
    const ids = texts.flatMap((text) => text.trimEnd().split("\n").slice(1));
    expect(ids).toHaveLength(180);
    expect(new Set(ids).size).toBe(180);
    expect(texts[0]?.startsWith('"Id"\n')).toBe(true);
    const other = await openBulk(sandbox, "v65.0");
    expect((await other.call(`/jobs/query/${id}/results`)).status).toBe(409);
    const old = await openBulk(sandbox, "v57.0");
    expect((await old.call(`/jobs/query/${id}/resultPages`)).status).toBe(404);
  });

  it("has numbers for locators and columns by the alphabet in versions as old as that", async () => {
    bulk = await openBulk(sandbox, "v48.0");
    const id = await run("SELECT Name, Id FROM Lead");
    const page = await bulk.call(`/jobs/query/${id}/results?maxRecords=100`);
    expect(page.headers.get("sforce-locator")).toBe("100");
    expect(page.text.startsWith('"Id","Name"\n')).toBe(true);
    expect((await pagesOf(id, 100)).map(({ count }) => count)).toEqual(["100", "80"]);
  });

  it("answers a result without records by the header alone", async () => {
    const pages = await pagesOf(await run("SELECT Id FROM Lead WHERE LastName = 'Nobody'"));
    expect(pages).toEqual([{ text: '"Id"\n', count: "0" }]);
  });

  it("gives what was found at its time, whatever changes later", async () => {
    const id = await run("SELECT Status FROM Lead LIMIT 3");
    const before = await pagesOf(id);
    sandbox.configure({ bulkPageSize: 2 });
    const found = (await bulk.call("/query?q=SELECT+Id+FROM+Lead+LIMIT+1")).json as { records: { Id: string }[] };
    await bulk.call(`/sobjects/Lead/${found.records[0]?.Id}`, { method: "DELETE" });
    const after = await pagesOf(id);
    expect(after.map(({ count }) => count)).toEqual(["2", "1"]);
    expect(after.map(({ text }) => text.replace('"Status"\n', "")).join("")).toBe(
      before[0]?.text.replace('"Status"\n', ""),
    );
  });

  it("can be aborted and deleted", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 2 });
    const { id } = await bulk.create("query", { operation: "query", query: "SELECT Id FROM Lead" });
    expect(await bulk.info("query", id)).toMatchObject({ state: "InProgress", numberRecordsProcessed: 60 });
    expect((await bulk.call(`/jobs/query/${id}/results`)).status).toBe(204);
    expect((await bulk.call(`/jobs/query/${id}`, { method: "DELETE" })).json).toMatchObject([
      { errorCode: "API_ERROR" },
    ]);
    expect((await bulk.setState("query", id, "Aborted")).json).toMatchObject({ state: "Aborted" });
    expect(await bulk.info("query", id)).toMatchObject({ state: "Aborted" });
    expect((await bulk.setState("query", id, "Aborted")).json).toMatchObject([
      { errorCode: "INVALIDJOBSTATE", message: "Aborting already Aborted Job not allowed" },
    ]);
    expect((await bulk.call(`/jobs/query/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await bulk.call(`/jobs/query/${id}`)).status).toBe(404);
  });

  it.each([
    ["SELECT COUNT(Id) FROM Lead", "API_ERROR"],
    ["SELECT Status, COUNT(Id) FROM Lead GROUP BY Status", "API_ERROR"],
    ["SELECT Id FROM Lead LIMIT 10 OFFSET 5", "API_ERROR"],
    ["SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"],
    ["SELECT TYPEOF What WHEN Account THEN Phone END FROM Task", "API_ERROR"],
    ["SELECT BillingAddress FROM Account", "API_ERROR"],
    ["SELECT FIELDS(ALL) FROM Account LIMIT 5", "API_ERROR"],
    ["SELECT Nothing FROM Account", "INVALID_FIELD"],
    ["SELECT Id FROM Nothing", "INVALID_TYPE"],
    ["SELECT Id FRO Account", "MALFORMED_QUERY"],
  ])("is not made by %s", async (query, errorCode) => {
    const answer = await bulk.call("/jobs/query", { method: "POST", body: { operation: "query", query } });
    expect(answer).toMatchObject({ status: 400, json: [{ errorCode }] });
  });

  it("refuses locators that it has not given, and numbers that are none", async () => {
    const id = await run("SELECT Id FROM Lead");
    for (const wrong of ["locator=nonsense", "locator=OTk5OTk5", "maxRecords=0", "maxRecords=x"]) {
      expect((await bulk.call(`/jobs/query/${id}/results?${wrong}`)).status).toBe(400);
    }
  });
});

describe("a large result", () => {
  it("is packed for a reader that accepts it", async () => {
    sandbox.configure({ measurements: 1_000 });
    const id = await run("SELECT Id, Name, Note__c FROM Measurement__c");
    const answer = await fetch(`${sandbox.url}/services/data/v60.0/jobs/query/${id}/results`, {
      headers: { authorization: `Bearer ${bulk.token}`, "accept-encoding": "gzip" },
    });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect((await answer.text()).match(/"a0M\w{15}"/g)).toHaveLength(1_000);
  });

  it("is made on the way, for readers that take a page and leave", async () => {
    sandbox.configure({ measurements: 50_000_000 });
    const id = await run("SELECT Id, Serial__c, Value__c FROM Measurement__c");
    const page = await bulk.call(
      `/jobs/query/${id}/results?maxRecords=2&locator=${Buffer.from("49999998").toString("base64url")}`,
    );
    expect(page.headers.get("sforce-locator")).toBe("null");
    expect(page.text.trimEnd().split("\n").slice(1)).toEqual([
      expect.stringContaining('"SN-049999999"'),
      expect.stringContaining('"SN-050000000"'),
    ]);
    const leaving = new AbortController();
    const whole = await fetch(`${sandbox.url}/services/data/v60.0/jobs/query/${id}/results?maxRecords=50000000`, {
      headers: { authorization: `Bearer ${bulk.token}`, "accept-encoding": "identity" },
      signal: leaving.signal,
    });
    const first = await whole.body?.getReader().read();
    expect(first?.done).toBe(false);
    leaving.abort();
    expect(await bulk.info("query", id)).toMatchObject({ numberRecordsProcessed: 50_000_000 });
  });

  it("is read whole, or so many of it", async () => {
    sandbox.configure({ measurements: 20 });
    expect((await pagesOf(await run("SELECT Id FROM Measurement__c LIMIT 7")))[0]?.count).toBe("7");
    const query = "SELECT Id FROM Measurement__c WHERE Valid__c = true";
    expect((await bulk.call("/jobs/query", { method: "POST", body: { operation: "query", query } })).status).toBe(400);
  });

  it("can be cut in the middle", async () => {
    sandbox.configure({ measurements: 100_000 });
    const id = await run("SELECT Id, Name FROM Measurement__c");
    sandbox.addFault({ pathPattern: "/results", cutBody: true });
    const cut = await fetch(`${sandbox.url}/services/data/v60.0/jobs/query/${id}/results`, {
      headers: { authorization: `Bearer ${bulk.token}`, "accept-encoding": "identity" },
    });
    expect(cut.status).toBe(200);
    let received = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of cut.body ?? []) received += chunk.length;
    };
    await expect(read()).rejects.toThrow();
    expect(received).toBeGreaterThan(10_000);
    expect((await pagesOf(id))[0]?.count).toBe("100000");
    // A short one, too, and one whose answer is lost altogether.
    const short = await run("SELECT Id FROM Measurement__c LIMIT 2");
    for (const fault of [{ cutBody: true }, { cutAfter: true }] as const) {
      sandbox.addFault({ pathPattern: "/results", ...fault });
      await expect(pagesOf(short)).rejects.toThrow();
    }
    expect((await pagesOf(short))[0]?.count).toBe("2");
  });
});

interface ResultPages {
  resultPages: { resultUrl: string }[];
  nextRecordsUrl?: string;
  done: boolean;
}

function pathOf(url: string): string {
  return url.replace(/^\/services\/data\/v\d+\.0/, "");
}
