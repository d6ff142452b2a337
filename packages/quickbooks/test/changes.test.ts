import type { EntityBatch, EntityCursor } from "@isthmus/core";
import { recordingLogger } from "@isthmus/testkit";
import { describe, expect, it } from "vitest";
import { type StubAnswer, type StubIntuit, useStubs } from "./stub-intuit.js";

const start = useStubs();

// The stub's clock begins on 1 January 2026.
const time = (minutes: number) => new Date(Date.UTC(2026, 0, 1) - minutes * 60_000).toISOString().replace(".000Z", "Z");
const invoice = (id: number, minutes: number) => ({
  Id: String(id),
  SyncToken: "0",
  MetaData: { CreateTime: time(minutes), LastUpdatedTime: time(minutes) },
});
const deleted = (id: number, minutes: number) => ({
  domain: "QBO",
  status: "Deleted",
  Id: String(id),
  MetaData: { LastUpdatedTime: time(minutes) },
});
const cdc = (records: readonly object[]): StubAnswer => ({
  body: {
    CDCResponse: [{ QueryResponse: [{ Invoice: records, startPosition: 1, maxResults: records.length }] }],
    time: time(0),
  },
});
const page = (records: readonly object[]): StubAnswer => ({
  body: { QueryResponse: records.length > 0 ? { Invoice: records } : {} },
});
const many = (from: number, minutes: (index: number) => number, count = 1_000) =>
  Array.from({ length: count }, (_, index) => invoice(from + index, minutes(index)));

async function read({ connector }: Pick<StubIntuit, "connector">, cursor?: EntityCursor): Promise<EntityBatch[]> {
  return Array.fromAsync(connector.changes("Invoice", cursor));
}
const since = (minutes: number): EntityCursor => ({
  v: 1,
  since: new Date(Date.UTC(2026, 0, 1) - minutes * 60_000).toISOString(),
});

describe("reading from a time on", () => {
  it("goes by the time of change, and ends with a cursor for changes", async () => {
    const stub = await start(page(many(1, (index) => 5_000 - index)), page([invoice(1_000, 4_001)]));
    const from = stub.connector.changesFrom("Invoice", Date.parse(time(5_000)));
    const batches = await read(stub, from);
    const [first, second] = stub.requests.map(({ query }) => query.get("query") ?? "");
    expect(first).toContain(`MetaData.LastUpdatedTime >= '${time(5_000).replace("Z", ".000Z")}'`);
    expect(first).toMatch(/orderby MetaData.LastUpdatedTime STARTPOSITION 1 /);
    expect(second).toContain(`MetaData.LastUpdatedTime >= '${time(4_001)}'`);
    expect(batches[0]?.cursor).toMatchObject({ changedFrom: time(4_001) });
    expect(Object.keys(batches.at(-1)?.cursor ?? {})).toEqual(["v", "since"]);
  });
});

describe("reading without a cursor", () => {
  it("goes on from the last time of a page, not from a count, and ends with a cursor for changes", async () => {
    const stub = await start(
      page(many(1, (index) => 5_000 - index)),
      page([invoice(1_000, 4_001), invoice(1_001, 3_000)]),
    );
    const batches = await read(stub);
    const [first, second] = stub.requests.map(({ query }) => query.get("query") ?? "");
    expect(first).toMatch(/MetaData.CreateTime >= '1970.*orderby MetaData.CreateTime STARTPOSITION 1 MAXRESULTS 1000$/);
    expect(second).toContain(`MetaData.CreateTime >= '${time(4_001)}'`);
    expect(second).toMatch(/STARTPOSITION 1 /);
    expect(batches[0]?.cursor).toMatchObject({ createdFrom: time(4_001) });
    expect(Object.keys(batches.at(-1)?.cursor ?? {})).toEqual(["v", "since"]);
    expect(new Set(batches.flatMap(({ changes }) => changes.map(({ id }) => id))).size).toBe(1_001);
  });

  it("passes a second at which more was created than a page holds", async () => {
    const stub = await start(page(many(1, () => 60)), page(many(1, () => 60)), page(many(1_001, () => 60, 5)));
    await read(stub);
    expect(stub.requests.map(({ query }) => /STARTPOSITION (\d+)/.exec(query.get("query") ?? "")?.[1])).toEqual([
      "1",
      "1",
      "1001",
    ]);
  });

  it("goes on where a stored cursor says", async () => {
    const stub = await start(page(many(1, (index) => 5_000 - index)), page([]));
    const [first] = await read(stub);
    const again = await start(page([]));
    await read(again, first?.cursor);
    expect(again.requests[0]?.query.get("query")).toContain(time(4_001));
  });
});

describe("reading from a cursor", () => {
  it("gives changes and deletions, oldest first", async () => {
    const stub = await start(cdc([invoice(1, 5), deleted(2, 9)]));
    const [batch, ...others] = await read(stub, since(60));
    expect(stub.requests[0]?.query.get("changedSince")).toBe(since(60).since);
    expect(batch?.changes.map(({ id, deleted: gone, record }) => [id, gone, record?.Id])).toEqual([
      ["2", true, undefined],
      ["1", false, "1"],
    ]);
    expect(others).toEqual([]);
    // A little earlier than Intuit was asked, so that what becomes visible late is not passed over.
    expect(Date.parse(String(batch?.cursor.since))).toBe(Date.UTC(2026, 0, 1) - 10_000);
  });

  it("makes the stretch shorter when the answer is full, reads the older part by query, and says what may be missing", async () => {
    const lines: string[] = [];
    const logger = recordingLogger((_level, _fields, message) => lines.push(message));
    const stub = await start(
      cdc([...many(1, (index) => 50 - index / 100, 999), deleted(5_000, 30)]),
      cdc([invoice(1, 2), deleted(6_000, 1)]),
      page(many(1, (index) => 55 - index / 100, 1_000)),
      page([invoice(2_000, 1)]),
    );
    const connector = stub.connect({ logger });
    const batches = await read({ connector }, since(60));
    await connector.close();
    const changes = batches.flatMap(({ changes: each }) => each);
    expect(new Set(changes.map(({ id }) => id)).size).toBe(1_003);
    expect(
      changes
        .filter(({ deleted: gone }) => gone)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["5000", "6000"]);
    expect(stub.requests[1]?.query.get("changedSince")).toBe(since(30).since);
    expect(batches.slice(0, -1).every(({ cursor }) => cursor.since === since(60).since)).toBe(true);
    expect(lines.join()).toContain("Read more often");
  });

  it("of more than 30 days ago is refused, with what to do", async () => {
    const stub = await start(cdc([]));
    await expect(read(stub, since(31 * 24 * 60))).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    expect(stub.requests).toHaveLength(0);
  });

  it.each<EntityCursor>([{ v: 2, since: time(1) }, { v: 1, since: "yesterday" }, { v: 1 }])(
    "refuses the cursor %j",
    async (cursor) => {
      const stub = await start(cdc([]));
      await expect(read(stub, cursor)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    },
  );
});
