import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { IngestState, SalesforceConnector } from "../src/index.js";
import { bulkCalls, collect, impatientClock, leadNames, leads, namesOf } from "./bulk-bench.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let clock: ReturnType<typeof impatientClock>;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  clock = impatientClock();
  connector = await connectedTo(sandbox, { clock });
});

afterEach(() => connector.close());
afterAll(() => sandbox.close());

describe("bulk.insert", () => {
  it("creates a record of each row and tells the id of each", async () => {
    const result = await connector.bulk.insert("Lead", leads(0, 50));
    expect(result).toMatchObject({ ok: true, processed: 50, failed: 0, total: 50 });
    expect(result.jobs).toEqual([expect.objectContaining({ state: "JobComplete", rows: 50, processed: 50 })]);
    const rows = await collect(result.successfulRows());
    expect(rows.map(({ row }) => row)).toEqual(leads(0, 50));
    const { records } = await connector.queryAllRecords("SELECT Id FROM Lead");
    expect(rows.map(({ id }) => id).toSorted()).toEqual(records.map(({ Id }) => Id).toSorted());
    expect(rows.every(({ created }) => created)).toBe(true);
  });

  it("tells which rows were refused and why, by the same codes as single calls, and that not all is well", async () => {
    const rows = [...leads(0, 2), { LastName: null, Company: "No name" }];
    const result = await connector.bulk.insert("Lead", rows);
    expect(result).toMatchObject({ ok: false, processed: 3, failed: 1 });
    expect(result.jobs[0]).toMatchObject({ state: "JobComplete", failed: 1 });
    expect(await collect(result.failedRows())).toEqual([
      {
        row: { LastName: "#N/A", Company: "No name" },
        error: expect.objectContaining({
          code: "VENDOR_REJECTED",
          vendor: expect.objectContaining({ code: "REQUIRED_FIELD_MISSING", fields: ["LastName"] }),
        }),
      },
    ]);
    expect(await collect(result.unprocessedRows())).toEqual([]);
    expect(await leadNames(connector)).toEqual(namesOf(0, 2));
  });

  it("refuses another delimiter for records, which are written with commas", async () => {
    const loading = connector.bulk.insert("Lead", leads(0, 2), { columnDelimiter: "TAB" });
    await expect(loading).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(bulkCalls(sandbox)).toEqual([]);
  });

  it("splits the rows at the size limit, and hands over nothing before all of it is there", async () => {
    const result = await connector.bulk.insert("Lead", leads(0, 100), { maxPartBytes: 500 });
    expect(result.jobs.length).toBeGreaterThan(3);
    expect(result).toMatchObject({ ok: true, processed: 100 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 100));
    const calls = bulkCalls(sandbox);
    expect(calls.findLastIndex((call) => call.startsWith("PUT"))).toBeLessThan(
      calls.indexOf("PATCH /jobs/ingest/{id}"),
    );
    const uploads = sandbox.requests({ method: "PUT" });
    for (const { headers } of uploads) expect(Number(headers["content-length"])).toBeLessThanOrEqual(500);
    expect((await collect(result.successfulRows())).map(({ row }) => row.LastName)).toEqual(namesOf(0, 100));
  });

  it("does nothing when there is no row", async () => {
    expect(await connector.bulk.insert("Lead", [])).toMatchObject({ ok: true, total: 0, jobs: [] });
    expect(bulkCalls(sandbox)).toEqual([]);
  });

  it("does nothing when a later row cannot be written: what was uploaded is aborted", async () => {
    const rows = [...leads(0, 30), { LastName: "x", Company: Number.NaN }];
    const load = connector.bulk.insert("Lead", rows, { maxPartBytes: 500 });
    await expect(load).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      issues: [{ path: "rows.30.Company", message: expect.stringContaining("finite") }],
    });
    expect(await leadNames(connector)).toEqual([]);
    expect(await openJobs()).toEqual([]);
  });

  it("does nothing when the input itself fails", async () => {
    const failure = new Error("the source is gone");
    async function* rows() {
      yield* leads(0, 30);
      throw failure;
    }
    await expect(connector.bulk.insert("Lead", rows(), { maxPartBytes: 500 })).rejects.toBe(failure);
    expect(await leadNames(connector)).toEqual([]);
    expect(await openJobs()).toEqual([]);
  });

  it("refuses a row that is longer than a part", async () => {
    const load = connector.bulk.insert("Lead", [{ LastName: "x".repeat(100) }], { maxPartBytes: 50 });
    await expect(load).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("refuses a load of thousands of small jobs, and leaves none of them behind", async () => {
    const load = connector.bulk.insert("Lead", leads(0, 501), { maxPartBytes: 60 });
    await expect(load).rejects.toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "maxPartBytes" }] });
    expect(await leadNames(connector)).toEqual([]);
    expect(await openJobs()).toEqual([]);
  });

  it("tells a job that failed as a whole, with Salesforce's reason", async () => {
    const result = await connector.bulk.insert("Lead", [{ LastName: "x", Nothing__c: "y" }]);
    expect(result.ok).toBe(false);
    expect(result.jobs).toEqual([
      expect.objectContaining({ state: "Failed", problem: expect.objectContaining({ code: "InvalidBatch" }) }),
    ]);
  });

  it("pauses longer and longer between its looks", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 20 });
    await connector.bulk.insert("Lead", leads(0, 3));
    expect(clock.pausesMs).toHaveLength(21);
    expect(clock.pausesMs).toEqual(clock.pausesMs.toSorted((a, b) => a - b));
    expect(clock.pausesMs[0]).toBe(1_000);
    expect(clock.pausesMs.at(-1)).toBe(30_000);
  });

  it("tells the progress after each look", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 3 });
    const seen: number[] = [];
    await connector.bulk.insert("Lead", leads(0, 40), { onProgress: ({ processed }) => seen.push(processed) });
    expect(seen).toEqual([...seen].toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(40);
    expect(seen.length).toBeGreaterThan(2);
  });
});

describe("bulk.insert from CSV", () => {
  it("uploads a file as it is, split between rows, with the header in each part", async () => {
    const folder = await mkdtemp(join(tmpdir(), "isthmus-test-"));
    const path = join(folder, "leads.csv");
    const lines = leads(0, 60).map(
      ({ LastName, Company }) => `"${LastName}";"${String(Company).replaceAll('"', '""')}"`,
    );
    await writeFile(path, `\ufeffLastName;Company\r\n${lines.join("\r\n")}`);
    try {
      const options = { columnDelimiter: "SEMICOLON", maxPartBytes: 700 } as const;
      const result = await connector.bulk.insert("Lead", createReadStream(path, { highWaterMark: 7 }), options);
      expect(result).toMatchObject({ ok: true, processed: 60 });
      expect(result.jobs.length).toBeGreaterThan(2);
      expect(await leadNames(connector)).toEqual(namesOf(0, 60));
      const names = (await collect(result.successfulRows())).map(({ row }) => row);
      expect(names).toEqual(leads(0, 60));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ["a quote that is not closed", 'LastName\n"a'],
    ["a row with too many fields", "LastName\na,b\n"],
    ["lines that end in two ways", "LastName\na\r\n"],
    ["a field that is too long", `LastName\n${"x".repeat(32_001)}\n`],
  ])("refuses %s and uploads nothing", async (_what, csv) => {
    await expect(connector.bulk.insert("Lead", [Buffer.from(csv)])).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(bulkCalls(sandbox)).toEqual([]);
  });
});

describe("the other operations", () => {
  it("updates, empties, upserts and deletes", async () => {
    const { bulk } = connector;
    const made = await collect((await bulk.insert("Lead", leads(0, 3))).successfulRows());
    const changes = made.map(({ id }, index) => ({ Id: id, Company: `New ${index}`, Phone: null }));
    expect(await bulk.update("Lead", changes)).toMatchObject({ ok: true, processed: 3 });
    const { records } = await connector.queryAllRecords("SELECT Company FROM Lead ORDER BY Company");
    expect(records.map(({ Company }) => Company)).toEqual(["New 0", "New 1", "New 2"]);
    const ids = made.map(({ id }) => ({ Id: id }));
    expect(await bulk.delete("Lead", ids)).toMatchObject({ ok: true, processed: 3 });
    expect(await leadNames(connector)).toEqual([]);
  });

  it("upserts by an external id twice without doubles", async () => {
    const rows = [
      { Serial__c: "SN-1", Name: "One" },
      { Serial__c: "SN-2", Name: "Two" },
    ];
    const result = await connector.bulk.upsert("Measurement__c", "Serial__c", rows);
    expect(result).toMatchObject({ ok: true, processed: 2 });
    expect(sandbox.requests({ method: "POST" }).length).toBeGreaterThan(0);
  });

  it("asks for the external id field exactly where it is needed", async () => {
    const call = { signal: new AbortController().signal, checkpoint: async () => undefined };
    const wrong = [
      { sobject: "Lead", operation: "upsert" },
      { sobject: "Lead", operation: "insert", externalIdField: "Id" },
    ] as const;
    for (const request of wrong) {
      await expect(connector.bulk.ingest.start(request, leads(0, 1), call)).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
      });
    }
  });
});

describe("a load under faults", () => {
  it.each([
    ["before its first byte arrives", { cutBefore: true }],
    ["after Salesforce has everything, before it says so", { cutAfter: true }],
    ["by a 503", { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }] }],
  ] as const)("writes each row once when an upload is cut %s", async (_when, fault) => {
    sandbox.addFault({ method: "PUT", pathPattern: "/batches$", skip: 1, times: 2, ...fault });
    const result = await connector.bulk.insert("Lead", leads(0, 100), { maxPartBytes: 500 });
    expect(result).toMatchObject({ ok: true, processed: 100 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 100));
    expect(await openJobs()).toEqual([]);
  });

  it("writes each row once when the answer to a new job, a hand-over or a look is lost", async () => {
    sandbox.addFault({ method: "POST", pathPattern: "/jobs/ingest$", cutAfter: true });
    sandbox.addFault({ method: "PATCH", pathPattern: "/jobs/ingest/", cutAfter: true, times: 2 });
    sandbox.addFault({ method: "GET", pathPattern: "/jobs/ingest/", cutBody: true, times: 2 });
    const result = await connector.bulk.insert("Lead", leads(0, 60), { maxPartBytes: 500 });
    expect(result).toMatchObject({ ok: true, processed: 60 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 60));
  });

  it("writes each row once through a storm of 503", async () => {
    sandbox.addFault({ pathPattern: "/jobs/", status: 503, body: "busy", times: 12 });
    const load = () => connector.bulk.insert("Lead", leads(0, 60), { maxPartBytes: 500 });
    // Making a job gives up after four tries: nothing is there then, and the same call can be made again.
    await expect(load()).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    sandbox.clearFaults();
    sandbox.addFault({ method: "GET", pathPattern: "/jobs/ingest/", status: 503, body: "busy", times: 20 });
    expect(await load()).toMatchObject({ ok: true, processed: 60 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 60));
  });

  it("uploads the part again to the same job when the session ended before it", async () => {
    let rows = 0;
    function* input() {
      for (const lead of leads(0, 100)) {
        rows += 1;
        if (rows === 60) sandbox.expireAccessTokens();
        yield lead;
      }
    }
    const result = await connector.bulk.insert("Lead", input(), { maxPartBytes: 500 });
    expect(result).toMatchObject({ ok: true, processed: 100 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 100));
    expect(await openJobs()).toEqual([]);
  });

  it("reads the results to their end when their connection is cut in the middle", async () => {
    const result = await connector.bulk.insert("Lead", leads(0, 3_000));
    sandbox.addFault({ pathPattern: "successfulResults", cutBody: true, times: 3 });
    const rows = await collect(result.successfulRows());
    expect(rows.map(({ row }) => row.LastName)).toEqual(namesOf(0, 3_000));
  });

  it.each([
    ["successfulResults", "successfulRows", 3],
    ["failedResults", "failedRows", 2],
  ] as const)("refuses %s that are shorter than what the job has counted", async (step, rows, count) => {
    const result = await connector.bulk.insert("Lead", [...leads(0, 3), { LastName: "" }, { LastName: "" }]);
    expect(result).toMatchObject({ processed: 5, failed: 2 });
    const body = '"sf__Id","sf__Created","sf__Error","LastName"\n"00Q000000000001AAA","true","X:y:--","One"\n';
    sandbox.addFault({ pathPattern: step, status: 200, headers: { "content-type": "text/csv" }, body });
    const read = () => collect<unknown>(result[rows]());
    await expect(read()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(await read()).toHaveLength(count);
  });

  it("aborts its jobs at Salesforce when its signal is aborted while it waits; rows that are done stay", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 9 });
    const controller = new AbortController();
    let looks = 0;
    const onProgress = () => {
      looks += 1;
      if (looks === 5) controller.abort();
    };
    let state: IngestState | undefined;
    const onState = (reached: IngestState) => {
      state = reached;
    };
    const load = connector.bulk.insert("Lead", leads(0, 50), { signal: controller.signal, onProgress, onState });
    await expect(load).rejects.toMatchObject({ code: "CANCELLED" });
    const [job] = state?.jobs ?? [];
    const id = job?.id ?? "";
    expect(await connector.bulk.ingest.jobs.info(id)).toMatchObject({ state: "Aborted" });
    const done = (await collect(connector.bulk.successfulRows(id))).map(({ row }) => row.LastName);
    const left = (await collect(connector.bulk.unprocessedRows(id))).map(({ row }) => row.LastName);
    expect(done.length).toBeGreaterThan(0);
    expect([...done, ...left]).toEqual(namesOf(0, 50));
    expect(await leadNames(connector)).toEqual(done);
  });

  it("is gone on with from its last state, whichever that was, and writes each row once", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 3 });
    const states: IngestState[] = [];
    const onState = (state: IngestState) => void states.push(JSON.parse(JSON.stringify(state)));
    await connector.bulk.insert("Lead", leads(0, 60), { maxPartBytes: 500, onState });
    const whole = states.filter(({ jobs }) => jobs.reduce((rows, job) => rows + job.rows, 0) === 60);
    expect(whole.length).toBeGreaterThan(3);
    for (const state of whole) {
      expect(await connector.bulk.resume(state)).toMatchObject({ ok: true, processed: 60, total: 60 });
    }
    expect(await leadNames(connector)).toEqual(namesOf(0, 60));
  });
});

describe("temporary files", () => {
  it("leave no trace, also while they are in use", async () => {
    const spoolFolder = await mkdtemp(join(tmpdir(), "isthmus-test-"));
    const seen: string[][] = [];
    async function* rows() {
      for (let from = 0; from < 60_000; from += 20_000) {
        yield* leads(from, from + 20_000);
        seen.push(await readdir(spoolFolder));
      }
    }
    try {
      const call = { signal: new AbortController().signal, checkpoint: async () => undefined };
      const state = await connector.bulk.ingest.start(
        { sobject: "Lead", operation: "insert", spoolFolder },
        rows(),
        call,
      );
      expect(state.jobs).toEqual([expect.objectContaining({ rows: 60_000, phase: "uploaded" })]);
      expect(seen.flat()).toEqual([]);
      expect(await readdir(spoolFolder)).toEqual([]);
      await connector.bulk.cancel(state);
    } finally {
      await rm(spoolFolder, { recursive: true });
    }
  });
});

/** Jobs that Salesforce still waits for something with. */
async function openJobs(): Promise<unknown[]> {
  const { accessToken } = { accessToken: await connector.refreshToken() };
  const response = await fetch(`${sandbox.url}/services/data/v60.0/jobs/ingest`, {
    headers: { authorization: `Bearer ${accessToken.value}` },
  });
  const { records = [] } = (await response.json()) as { records?: { state: string }[] };
  return records.filter(({ state }) => state === "Open" || state === "UploadComplete" || state === "InProgress");
}
