import { buffer } from "node:stream/consumers";
import { type BinaryContent, findOperation, isBinaryContent, runOperation, streamOperation } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { operations } from "../src/operations/index.js";
import { bulkCalls, collect, impatientClock, leadNames, leads, namesOf } from "./bulk-bench.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  connector = await connectedTo(sandbox, { clock: impatientClock() });
});

afterEach(() => connector.close());
afterAll(() => sandbox.close());

const signal = new AbortController().signal;
const run = (name: string, input: unknown, content?: BinaryContent, ended = signal) =>
  runOperation(connector, findOperation(operations, name), input, { signal: ended, ...(content && { content }) });
const stream = (name: string, input: unknown) =>
  collect(streamOperation(connector, findOperation(operations, name), input, { signal }));

async function* bytes(...pieces: string[]) {
  for (const piece of pieces) yield Buffer.from(piece);
}

const csv = (text: string): BinaryContent => ({ mediaType: "text/csv; charset=utf-8", body: bytes(text) });
const ndjson = (...pieces: string[]): BinaryContent => ({ mediaType: "application/x-ndjson", body: bytes(...pieces) });

describe("bulk.ingest", () => {
  it("loads a CSV and gives the result of each row", async () => {
    const output = await run(
      "bulk.ingest",
      { sobject: "Lead", operation: "insert" },
      csv("LastName,Company\nA,a\n#N/A,b\n"),
    );
    expect(output).toMatchObject({ ok: false, processed: 2, failed: 1, total: 2 });
    const [{ id: jobId } = { id: "" }] = (output as { jobs: { id: string }[] }).jobs;
    expect(await stream("bulk.results", { jobId, kind: "successful" })).toEqual([
      { row: { LastName: "A", Company: "a" }, id: expect.stringMatching(/^00Q/), created: true },
    ]);
    expect(await run("bulk.results", { jobId, kind: "failed" })).toEqual({
      rows: [
        {
          row: { LastName: "#N/A", Company: "b" },
          error: expect.objectContaining({ code: "VENDOR_REJECTED", vendorCode: "REQUIRED_FIELD_MISSING" }),
        },
      ],
    });
    expect(await stream("bulk.results", { jobId, kind: "unprocessed" })).toEqual([]);
  });

  it("aborts its jobs at Salesforce when the call is cancelled", async () => {
    sandbox.configure({ bulkPollsUntilComplete: 1_000 });
    const controller = new AbortController();
    const loading = run(
      "bulk.ingest",
      { sobject: "Lead", operation: "insert" },
      csv("LastName\nA\n"),
      controller.signal,
    );
    await expect.poll(() => bulkCalls(sandbox).length).toBeGreaterThan(5);
    controller.abort();
    await expect(loading).rejects.toMatchObject({ code: "CANCELLED" });
    expect(bulkCalls(sandbox)).toContain("PATCH /jobs/ingest/{id}");
    expect(sandbox.requests({ method: "PATCH" })).toHaveLength(2);
  });

  it("takes records as NDJSON, cut anywhere", async () => {
    const text = leads(0, 5)
      .map((lead) => JSON.stringify({ ...lead, Phone: null }))
      .join("\n");
    const input = { sobject: "Lead", operation: "insert", columns: ["LastName", "Company", "Phone"] };
    expect(await run("bulk.ingest.records", input, ndjson(...text))).toMatchObject({ ok: true, processed: 5 });
    expect(await leadNames(connector)).toEqual(namesOf(0, 5));
  });

  it.each(["[1]", "{", '"text"', "null"])("refuses the line %s", async (line) => {
    const input = { sobject: "Lead", operation: "insert" };
    await expect(run("bulk.ingest.records", input, ndjson(`{"LastName":"A"}\n${line}\n`))).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      issues: [{ path: "content.2" }],
    });
    expect(bulkCalls(sandbox)).toEqual([]);
  });
});

describe("bulk.query", () => {
  it("runs as a job whose rows are read afterwards, as JSON, line by line, or as CSV", async () => {
    sandbox.configure({ measurements: 3 });
    const soql = "SELECT Name, Note__c FROM Measurement__c";
    const output = await run("bulk.query", { soql });
    expect(output).toEqual({ jobId: expect.stringMatching(/^750/), records: 3 });
    const { jobId } = output as { jobId: string };
    const rows = [1, 2, 3].map((number) => ({ Name: `Reading ${number}`, Note__c: null }));
    expect(await run("bulk.query.results", { jobId })).toEqual({ rows });
    expect(await stream("bulk.query.results", { jobId })).toEqual(rows);
    const content = await run("bulk.query.csv", { jobId });
    if (!isBinaryContent(content)) throw new Error("There are no bytes.");
    expect((await buffer(content.body)).toString()).toBe(
      '"Name","Note__c"\n"Reading 1",""\n"Reading 2",""\n"Reading 3",""\n',
    );
  });

  it("refuses to cut a long result short", async () => {
    sandbox.configure({ measurements: 10_001 });
    const { jobId } = (await run("bulk.query", { soql: "SELECT Id FROM Measurement__c" })) as { jobId: string };
    await expect(run("bulk.query.results", { jobId })).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
    expect(await stream("bulk.query.results", { jobId })).toHaveLength(10_001);
  });
});

describe("bulk.jobs.abort", () => {
  it("aborts a job, and says of one that is through how it ended", async () => {
    const call = { signal, checkpoint: async () => undefined };
    const state = await connector.bulk.ingest.start({ sobject: "Lead", operation: "insert" }, leads(0, 2), call);
    const jobId = state.jobs[0]?.id;
    expect(await run("bulk.jobs.abort", { kind: "ingest", jobId })).toEqual({ state: "Aborted" });
    expect(await run("bulk.jobs.abort", { kind: "ingest", jobId })).toEqual({ state: "Aborted" });
    const done = await connector.bulk.insert("Lead", leads(0, 2));
    expect(await run("bulk.jobs.abort", { kind: "ingest", jobId: done.jobs[0]?.id })).toEqual({ state: "JobComplete" });
  });
});
