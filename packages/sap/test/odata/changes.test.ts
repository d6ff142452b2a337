import type { EntityBatch, EntityCursor } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ChangesOptions } from "../../src/odata/client/change-options.js";
import type { ODataService } from "../../src/odata/client/odata-service.js";
import { smallModel } from "../support/small-model.js";
import { type StubRequest, type StubSap, startStubSap } from "../support/stub-sap.js";

let stub: StubSap;
beforeAll(async () => {
  stub = await startStubSap();
});
afterEach(() => {
  stub.answers.length = 0;
  stub.requests.length = 0;
});
afterAll(() => stub.close());

const types = {
  Products: { keys: ["ID"], properties: { ID: "Edm.Int32", name: "Edm.String", changedAt: "Edm.DateTimeOffset" } },
  Items: { keys: ["Order", "Item"], properties: { Order: "Edm.Int32", Item: "Edm.Int32" } },
};

async function readAll(service: ODataService, cursor?: EntityCursor, options: ChangesOptions = {}, set = "Products") {
  const batches: EntityBatch[] = [];
  for await (const batch of service.changes(set, cursor, options)) batches.push(batch);
  // A cursor is stored and read again.
  const last = JSON.parse(JSON.stringify(batches.at(-1)?.cursor)) as EntityCursor;
  return { batches, changes: batches.flatMap(({ changes }) => changes), cursor: last };
}

describe("changes by delta links of v4", () => {
  const model = smallModel("v4", types, [], true);

  it("reads all pages, then what changed and what was deleted", async () => {
    const service = stub.service(model);
    stub.answers.push(
      { body: { value: [{ ID: 1, name: "one" }], "@odata.nextLink": "Products?$skiptoken=1" } },
      {
        body: {
          value: [{ ID: 2, name: "two" }],
          "@odata.deltaLink": `${stub.url}/sap/opu/odata/sap/SHOP/Products?$deltatoken=a`,
        },
      },
    );
    const first = await readAll(service);
    expect(first.changes).toMatchObject([
      { id: "1", deleted: false, record: { name: "one" } },
      { id: "2", deleted: false, record: { name: "two" } },
    ]);
    expect(stub.requests.map(({ headers }) => headers.prefer)).toEqual(["odata.track-changes", undefined]);
    stub.answers.push({
      body: {
        value: [
          { ID: 2, name: "changed" },
          { "@odata.context": "$metadata#Products/$deletedEntity", id: "Products(1)", reason: "deleted" },
          { "@removed": { reason: "deleted" }, "@id": "Products(ID=3)" },
          { "@removed": { reason: "changed" }, ID: 4 },
          {
            "@odata.context": "$metadata#Products/$link",
            source: "Products(2)",
            relationship: "Items",
            target: "Items(1)",
          },
        ],
        "@odata.deltaLink": "Products?$deltatoken=b",
      },
    });
    const second = await readAll(service, first.cursor);
    expect(stub.requests.at(-1)).toMatchObject({ path: "Products?$deltatoken=a" });
    expect(second.changes).toMatchObject([
      { id: "2", deleted: false, record: { name: "changed" } },
      { id: "1", deleted: true },
      { id: "3", deleted: true },
      { id: "4", deleted: true },
    ]);
    stub.answers.push({ body: { value: [], "@odata.deltaLink": "Products?$deltatoken=c" } });
    expect((await readAll(service, second.cursor)).changes).toEqual([]);
    expect(stub.requests.at(-1)).toMatchObject({ path: "Products?$deltatoken=b" });
  });

  it("refuses a deletion whose address cannot be read", async () => {
    stub.answers.push({ body: { value: [{ "@removed": { reason: "deleted" }, "@id": "Products(%E0%)" }] } });
    await expect(readAll(stub.service(model))).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it.each([410, 404])("asks for a full read when the service has forgotten the link (%i)", async (status) => {
    const service = stub.service(model);
    stub.answers.push({ body: { value: [], "@odata.deltaLink": "Products?$deltatoken=a" } });
    const { cursor } = await readAll(service);
    stub.answers.push({ status, body: { error: { code: "x", message: "Delta token is unknown" } } });
    await expect(readAll(service, cursor)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  it("follows no link out of the service, neither from an answer nor from a cursor", async () => {
    const service = stub.service(model);
    stub.answers.push({ body: { value: [], "@odata.deltaLink": "https://evil.example/Products?$deltatoken=a" } });
    await expect(readAll(service)).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    const forged = { v: 1, set: "Products", by: "delta", path: "../OTHER/Secrets" };
    await expect(readAll(service, forged)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("changes by delta tokens of v2", () => {
  const model = smallModel("v2", types, [], true);
  const entry = (ID: number, more = {}) => ({ __metadata: { uri: `Products(${ID})` }, ID, ...more });

  it("goes on with __delta, or a __next that holds the token", async () => {
    const service = stub.service(model);
    const link = `${stub.url}/sap/opu/odata/sap/SHOP/Products?!deltatoken='20261126_1'`;
    stub.answers.push({ body: { d: { results: [entry(1)], __delta: link } } });
    const first = await readAll(service);
    expect(first.changes).toMatchObject([{ id: "1", deleted: false }]);
    stub.answers.push({
      body: { d: { results: [entry(1, { ODQ_CHANGEMODE: "D" })], __next: "Products?!deltatoken='2'" } },
    });
    const second = await readAll(service, first.cursor);
    expect(stub.requests.at(-1)?.path).toBe("Products?!deltatoken='20261126_1'");
    expect(second.changes).toEqual([{ id: "1", deleted: true }]);
    expect(second.cursor).toMatchObject({ by: "delta", path: "Products?!deltatoken=%272%27" });
  });
});

describe("changes by a timestamp", () => {
  const model = smallModel("v4", types);
  const minute = (at: number) => `2026-11-26T10:${String(at).padStart(2, "0")}:00Z`;
  const options = { timestamp: "changedAt", pageSize: 3, overlapMs: 0 };
  type Row = { readonly ID: number; changedAt: string | null };

  /** A table that answers the conditions which the reader makes, with nulls first or last as its database has it. */
  function serve(rows: Row[], nullsFirst = true) {
    const rank = (stamp: string | null) => stamp ?? (nullsFirst ? "" : "9");
    stub.handle = ({ path }: StubRequest) => {
      const [, filter] = /\$filter=([^&]*)/.exec(path) ?? [];
      const top = Number(/\$top=(\d+)/.exec(path)?.[1]);
      const value = rows
        .filter((row) => (filter?.split(" and ") ?? []).every((one) => holds(row, one.replace(/[()]/g, ""))))
        .sort((a, b) => rank(a.changedAt).localeCompare(rank(b.changedAt)) || a.ID - b.ID)
        .slice(0, top);
      return { body: { value } };
    };
  }

  function holds(row: Row, condition: string): boolean {
    const [name, operator, text] = condition.split(" ");
    const value = name === "ID" ? row.ID : row.changedAt;
    const other = text === "null" ? null : name === "ID" ? Number(text) : text;
    if (operator === "eq") return value === other;
    if (operator === "ne") return value !== other;
    if (value === null || other === null || other === undefined) return false;
    return operator === "gt" ? value > other : value >= other;
  }

  const idsOf = ({ changes }: { changes: readonly { id: string }[] }) =>
    [...new Set(changes.map(({ id }) => Number(id)))].sort((a, b) => a - b);

  it.each([true, false])(
    "reads every record, also of one timestamp and of none (nulls first: %s)",
    async (nullsFirst) => {
      const rows = [1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 4, 5].map((at, index) => ({ ID: index, changedAt: minute(at) }));
      const nulls = [20, 21, 22, 23].map((ID) => ({ ID, changedAt: null }));
      serve([...rows, ...nulls], nullsFirst);
      const first = await readAll(stub.service(model), undefined, options);
      expect(idsOf(first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21, 22, 23]);
      expect(first.cursor).toMatchObject({ at: "end", newest: minute(5) });
    },
  );

  it("goes on at the last timestamp, which may have got another record", async () => {
    const rows: Row[] = [1, 2, 2].map((at, index) => ({ ID: index, changedAt: minute(at) }));
    serve(rows);
    const service = stub.service(model);
    const { cursor } = await readAll(service, undefined, options);
    rows.push({ ID: 9, changedAt: minute(2) }, { ID: 10, changedAt: minute(3) });
    const second = await readAll(service, cursor, options);
    expect(idsOf(second)).toEqual([1, 2, 9, 10]);
    expect(second.changes.at(-1)).toMatchObject({ modifiedAtMs: Date.parse(minute(3)) });
  });

  it("begins in the past, by a timestamp that is a time; else it is refused", async () => {
    const rows: Row[] = [1, 2, 3].map((at) => ({ ID: at, changedAt: minute(at) }));
    serve([...rows, { ID: 9, changedAt: null }]);
    const service = stub.service(model);
    const cursor = service.changesFrom("Products", Date.parse(minute(2)), options);
    const read = await readAll(service, cursor, options);
    expect(idsOf(read)).toEqual([2, 3]);
    rows.push({ ID: 4, changedAt: minute(4) });
    serve(rows);
    expect(idsOf(await readAll(service, read.cursor, options))).toEqual([3, 4]);
    for (const other of [{}, { timestamp: "ID" }]) {
      expect(() => service.changesFrom("Products", 0, other)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    }
  });

  it("begins a little earlier, for stamps that became visible late", async () => {
    const rows: Row[] = [{ ID: 1, changedAt: minute(5) }];
    serve(rows);
    const service = stub.service(model);
    const { cursor } = await readAll(service, undefined, { ...options, overlapMs: 120_000 });
    rows.push({ ID: 2, changedAt: minute(4) });
    expect(idsOf(await readAll(service, cursor, { ...options, overlapMs: 120_000 }))).toEqual([1, 2]);
  });

  it("loses no record when others are changed between pages, and goes on from any batch", async () => {
    const rows: Row[] = Array.from({ length: 10 }, (_, ID) => ({ ID, changedAt: minute(Math.floor(ID / 4)) }));
    serve(rows);
    const service = stub.service(model);
    const seen = new Set<string>();
    let cursor: EntityCursor | undefined;
    for (let step = 0; step < 12 && (cursor as { at?: string } | undefined)?.at !== "end"; step += 1) {
      for await (const batch of service.changes("Products", cursor, options)) {
        for (const { id } of batch.changes) seen.add(id);
        cursor = JSON.parse(JSON.stringify(batch.cursor)) as EntityCursor;
        break;
      }
      const first = rows[step];
      if (first !== undefined) first.changedAt = minute(30 + step);
    }
    expect(seen.size).toBe(10);
  });

  it("stops at a service that gives no order, instead of reading forever", async () => {
    stub.handle = () => ({ body: { value: [3, 1, 2].map((at) => ({ ID: at, changedAt: minute(at) })) } });
    await expect(readAll(stub.service(model), undefined, options)).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
  });

  it("reads behind a key of several properties", async () => {
    const compound = smallModel("v4", {
      Items: { ...types.Items, properties: { ...types.Items.properties, at: "Edm.DateTimeOffset" } },
    });
    stub.answers.push(
      { body: { value: [1, 2].map((Item) => ({ Order: 7, Item, at: minute(1) })) } },
      { body: { value: [] } },
      { body: { value: [] } },
    );
    const { changes } = await readAll(
      stub.service(compound),
      undefined,
      { timestamp: "at", pageSize: 2, withoutTimestamp: false },
      "Items",
    );
    expect(changes.map(({ id }) => id)).toEqual(["Order=7,Item=1", "Order=7,Item=2"]);
    expect(stub.requests[1]?.path).toContain(
      "$filter=(at eq 2026-11-26T10:01:00Z) and ((Order gt 7) or ((Order eq 7) and (Item gt 2)))",
    );
    expect(stub.requests[2]?.path).toContain("$filter=at gt 2026-11-26T10:01:00Z");
  });
});

describe("changes of a service that tells none", () => {
  it("are all records, each time", async () => {
    const service = stub.service(smallModel("v4", types));
    stub.handle = () => ({ body: { value: [{ ID: 1 }] } });
    const { cursor, changes } = await readAll(service);
    expect(changes).toMatchObject([{ id: "1", deleted: false }]);
    expect((await readAll(service, cursor)).changes).toEqual(changes);
  });

  it("refuses a cursor of another version, set or making", async () => {
    const service = stub.service(smallModel("v4", types));
    await expect(readAll(service, { v: 0 })).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
    for (const cursor of [
      { v: 1, set: "Items", by: "full" },
      { v: 1, set: "Products", by: "guess" },
    ]) {
      await expect(readAll(service, cursor)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
  });
});
