import { afterEach, describe, expect, it } from "vitest";
import { createSalesforceConnector } from "../../src/index.js";
import { type SeenRequest, startStubInstance } from "../stub-instance.js";
import { thingDescription } from "./thing-description.js";

const second = 1_000;
const startMs = Date.UTC(2026, 5, 1, 12);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** An organisation that has one object without records, and a log of deletions as a test says. */
async function readWith(log: (startMs: number, endMs: number) => { readonly status?: number; readonly body: unknown }) {
  const asked: [string, string][] = [];
  const instance = await startStubInstance((request) => {
    if (request.url.includes("/describe")) return { status: 200, body: JSON.stringify(thingDescription) };
    if (request.url === "/services/data") return { status: 200, body: "[]" };
    if (!request.url.includes("/deleted/")) {
      return { status: 200, body: JSON.stringify({ totalSize: 0, done: true, records: [] }) };
    }
    const [from, until] = timesOf(request);
    asked.push([from, until]);
    const { status = 200, body } = log(Date.parse(from), Date.parse(until));
    return { status, body: JSON.stringify(body) };
  });
  const connector = createSalesforceConnector({
    clientId: "key",
    refreshToken: "refresh",
    loginUrl: instance.url,
    allowedPrivateHosts: [new URL(instance.url).host],
  });
  open.push(connector, instance);
  const fromMs = Date.now() - 3_600_000;
  const cursor = { v: 1, entity: "Thing__c", fromMs, known: [] };
  const deleted: string[] = [];
  let last: unknown;
  for await (const batch of connector.changes.read("Thing__c", cursor)) {
    deleted.push(...batch.changes.map(({ id }) => id));
    last = batch.cursor;
  }
  return { asked, deleted, fromMs, cursor: last };
}

function timesOf({ url }: SeenRequest): [string, string] {
  const { searchParams } = new URL(url, "http://instance");
  return [searchParams.get("start") ?? "", searchParams.get("end") ?? ""];
}

const idOf = (number: number) => `a00${String(number).padStart(12, "0")}AAA`;
const refusal = (errorCode: string) => ({ status: 400, body: [{ errorCode, message: "It is refused" }] });
const deletion = (number: number, atMs: number) => ({
  id: idOf(number),
  deletedDate: new Date(atMs).toISOString().replace("Z", "+0000"),
});

describe("the log of deletions", () => {
  it("is asked in whole minutes, from the minute of the cursor", async () => {
    const { asked, fromMs, deleted } = await readWith((from) => ({
      body: { deletedRecords: [deletion(2, from + second), deletion(1, from)], earliestDateAvailable: null },
    }));
    expect(asked).toHaveLength(1);
    const [from = "", until = ""] = asked[0] ?? [];
    expect(from).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\+00:00$/);
    expect(fromMs - Date.parse(from)).toBeLessThan(60_000);
    expect(fromMs).toBeGreaterThanOrEqual(Date.parse(from));
    expect(Date.parse(until)).toBeGreaterThan(fromMs);
    expect(deleted).toEqual([idOf(1), idOf(2)]);
  });

  it("is asked for parts where there is too much of it", async () => {
    const { asked, deleted } = await readWith((from, until) =>
      until - from > 1_000_000
        ? refusal("EXCEEDED_ID_LIMIT")
        : { body: { deletedRecords: [deletion(from / 60_000, from)] } },
    );
    expect(asked.length).toBeGreaterThan(4);
    // Every part once, and none left out.
    expect(new Set(deleted).size).toBe(deleted.length);
    const answered = asked.filter(([from, until]) => Date.parse(until) - Date.parse(from) <= 1_000_000);
    expect(deleted).toHaveLength(answered.length);
    expect(answered.slice(1).every(([from], at) => from === answered[at]?.[1])).toBe(true);
  });

  it("holds the next read back to where Salesforce says that it is complete", async () => {
    const { cursor, fromMs } = await readWith((from) => ({
      body: {
        deletedRecords: [],
        earliestDateAvailable: new Date(startMs).toISOString(),
        latestDateCovered: new Date(from + 600_000).toISOString(),
      },
    }));
    expect(cursor).toMatchObject({ fromMs: Math.floor(fromMs / 60_000) * 60_000 + 600_000 });
  });

  it.each([
    ["was purged, as Salesforce refuses it", () => refusal("INVALID_REPLICATION_DATE")],
    [
      "was purged, as its earliest date tells",
      (from: number) => ({
        body: { deletedRecords: [], earliestDateAvailable: new Date(from + 60_000).toISOString() },
      }),
    ],
  ])("that %s makes the cursor expire", async (_name, log) => {
    await expect(readWith(log)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  it("in another form is no answer", async () => {
    await expect(readWith(() => ({ body: { deletedRecords: "none" } }))).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    await expect(
      readWith(() => ({ body: { deletedRecords: [{ id: "1", deletedDate: "soon" }] } })),
    ).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
  });
});
