import { FakeClock } from "@isthmus/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CustomConfigurationInput } from "../src/index.js";
import { itemsEntity, readItems } from "./entity-bench.js";
import { startRestServer } from "./rest-server.js";

type Changes = NonNullable<NonNullable<CustomConfigurationInput["entities"]>[number]["changes"]>;

interface Item {
  readonly id: string;
  readonly version: number;
  readonly changed: number;
}

/** A list that answers who changed since a second, in pages of three, sorted by change. */
async function startItems(isExclusive: boolean) {
  const items = new Map<string, Item>();
  const server = await startRestServer(({ query }) => {
    const since = Number(query.get("since") ?? 0);
    const from = Number(query.get("after") ?? 0);
    const found = [...items.values()]
      .filter(({ changed }) => (isExclusive ? changed > since : changed >= since))
      .toSorted((left, right) => left.changed - right.changed || left.id.localeCompare(right.id));
    const next = from + 3 < found.length ? from + 3 : null;
    return { body: { items: found.slice(from, from + 3), next } };
  });
  const changes: Changes = { field: "/changed", parameter: "since", format: "epoch_seconds" };
  const paging = { kind: "cursor", parameter: "after", next: "/next" } as const;
  const connector = server.connector({ entities: [itemsEntity({ paging }, { changes })] });
  return { items, server, connector };
}

describe("changed records", () => {
  it("are given whatever moment they share, however the API compares, and never lost between two reads", async () => {
    const step = fc.array(
      fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), later: fc.integer({ min: 0, max: 1 }) }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), fc.boolean(), async (steps, isExclusive) => {
        const { items, server, connector } = await startItems(isExclusive);
        const mirror = new Map<string, unknown>();
        let now = 1_700_000_000;
        let version = 0;
        let cursor: Awaited<ReturnType<typeof readItems>>["cursor"];
        for (const writes of steps) {
          for (const { id, later } of writes) {
            now += later;
            version += 1;
            items.set(id, { id, version, changed: now });
          }
          const reading = await readItems(connector, cursor);
          for (const { id, record } of reading.changes) mirror.set(id, record);
          cursor = reading.cursor;
          expect(mirror).toEqual(items);
          // What was given is not given again: the next read brings nothing.
          expect((await readItems(connector, cursor)).changes).toEqual([]);
        }
        await server[Symbol.asyncDispose]();
      }),
      { numRuns: 40 },
    );
  });

  it("are given from a time on, where the list can be asked for changes", async () => {
    const { items, server, connector } = await startItems(false);
    await using _ = server;
    const now = Math.floor(Date.now() / 1000);
    for (const [id, changed] of [
      ["old", now - 100],
      ["new", now - 10],
    ] as const)
      items.set(id, { id, version: 1, changed });
    const cursor = await connector.entities.startAt("items", (now - 50) * 1_000, new AbortController().signal);
    const first = await readItems(connector, cursor);
    expect(first.ids).toEqual(["new"]);
    items.set("newer", { id: "newer", version: 1, changed: now });
    expect((await readItems(connector, first.cursor)).ids).toContain("newer");
    const whole = server.connector({ entities: [itemsEntity({ paging: { kind: "none" } })] });
    const asked = whole.entities.startAt("items", 0, new AbortController().signal);
    await expect(asked).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("dated in the future hide nothing", async () => {
    const { items, server, connector } = await startItems(false);
    await using _ = server;
    const now = Math.floor(Date.now() / 1000);
    items.set("wrong", { id: "wrong", version: 1, changed: now + 90_000 });
    const { cursor } = await readItems(connector);
    items.set("new", { id: "new", version: 1, changed: now + 1 });
    expect((await readItems(connector, cursor)).ids).toContain("new");
  });

  it("that changed behind the reader's back are given by the next read, even where our clock is ahead of the API's", async () => {
    const theirs = Date.UTC(2026, 0, 1);
    const items = [
      { id: "a", changed: theirs - 50_000 },
      { id: "b", changed: theirs - 50_000 },
    ];
    await using server = await startRestServer(({ query }) => {
      const isSecond = query.get("after") === "1";
      const found = items.filter(({ changed }) => changed >= Number(query.get("since") ?? 0));
      const body = query.has("since")
        ? { items: found }
        : { items: [items[isSecond ? 1 : 0]], next: isSecond ? null : 1 };
      const answer = { body: structuredClone(body), headers: { date: new Date(theirs).toUTCString() } };
      // Both change once the first page is on its way; only the second one is still ahead of the reader.
      items.splice(0, 2, { id: "a", changed: theirs + 20_000 }, { id: "b", changed: theirs + 60_000 });
      return answer;
    });
    const changes = { field: "/changed", parameter: "since", format: "epoch_ms" } as const;
    const paging = { kind: "cursor", parameter: "after", next: "/next" } as const;
    const clock = new FakeClock(theirs + 600_000);
    const connector = server.connector({ entities: [itemsEntity({ paging }, { changes })] }, { clock });
    const first = await readItems(connector);
    expect(first.changes.map(({ modifiedAtMs }) => modifiedAtMs)).toEqual([theirs - 50_000, theirs + 60_000]);
    expect((await readItems(connector, first.cursor)).ids).toEqual(["a"]);
  });

  it.each<[string, Partial<Changes>, unknown, string]>([
    ["ISO", { format: "iso" }, "2026-03-01T12:00:00.500Z", "2026-03-01T11:59:59.500Z"],
    ["ISO without a zone", { format: "iso" }, "2026-03-01T12:00:00", "2026-03-01T11:59:59.000Z"],
    ["ISO in the zone of Salesforce", { format: "iso" }, "2026-03-01T14:00:00.000+0200", "2026-03-01T11:59:59.000Z"],
    ["ISO in microseconds", { format: "iso_seconds" }, "2026-03-01T12:00:00.999999Z", "2026-03-01T11:59:59Z"],
    ["seconds", { format: "epoch_seconds" }, 1_772_366_400, "1772366399"],
    ["milliseconds as text", { format: "epoch_ms" }, "1772366400123", "1772366399123"],
    [
      "one way in the field and another in the parameter",
      { format: "epoch_seconds", fieldFormat: "iso" },
      "2026-03-01T12:00:00.900Z",
      "1772366399",
    ],
    ["with a long overlap", { format: "epoch_seconds", overlapMs: 60_000 }, 1_772_366_400, "1772366340"],
  ])("are asked for in %s", async (_, format, changed, since) => {
    await using server = await startRestServer(() => ({ body: { items: [{ id: "a", changed }] } }));
    const changes = { field: "/changed", parameter: "since", ...format };
    const clock = new FakeClock(Date.UTC(2026, 5, 1));
    const connector = server.connector({ entities: [itemsEntity({}, { changes })] }, { clock });
    const first = await readItems(connector);
    expect(server.requests[0]?.target).toBe("/items");
    await readItems(connector, first.cursor);
    expect(server.requests[1]?.query.get("since")).toBe(since);
    expect(first.changes[0]?.modifiedAtMs).toBeGreaterThanOrEqual(Date.UTC(2026, 2, 1, 12));
  });

  it.each(["yesterday", "2026-13-45", true, {}])("whose time is none (%j) are UNEXPECTED_RESPONSE", async (changed) => {
    await using server = await startRestServer(() => ({ body: { items: [{ id: "a", changed }] } }));
    const changes = { field: "/changed", parameter: "since" };
    const connector = server.connector({ entities: [itemsEntity({}, { changes })] });
    await expect(readItems(connector)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it.each([{}, { id: "" }, { id: null }, { id: 2 ** 53 }, 7, null])(
    "that are no records with an id (%j) are UNEXPECTED_RESPONSE",
    async (item) => {
      await using server = await startRestServer(() => ({ body: { items: [item] } }));
      await expect(readItems(server.connector({ entities: [itemsEntity({})] }))).rejects.toMatchObject({
        code: "UNEXPECTED_RESPONSE",
      });
    },
  );

  it.each([
    [{ pointer: "/deletedAt" }, { deletedAt: "2026-01-01" }, { deletedAt: null }],
    [{ pointer: "/state", equals: "gone" }, { state: "gone" }, { state: "here" }],
    [{ pointer: "/meta/deleted", equals: 1 }, { meta: { deleted: 1 } }, { meta: { deleted: 0 } }],
  ])("are deleted when %j says so, and then come without their record", async (deleted, gone, here) => {
    await using server = await startRestServer(() => ({
      body: {
        items: [
          { id: "a", ...gone },
          { id: "b", ...here },
        ],
      },
    }));
    const { changes } = await readItems(server.connector({ entities: [itemsEntity({}, { deleted })] }));
    expect(changes).toEqual([
      { id: "a", deleted: true },
      { id: "b", deleted: false, record: { id: "b", ...here } },
    ]);
  });

  it("of an entity without changes are all records, at each read", async () => {
    await using server = await startRestServer(() => ({ body: { items: [{ id: "a" }] } }));
    const connector = server.connector({ entities: [itemsEntity({})] });
    const { cursor } = await readItems(connector);
    expect((await readItems(connector, cursor)).ids).toEqual(["a"]);
  });

  it("of an unknown entity are NOT_FOUND, naming those that there are", async () => {
    await using server = await startRestServer(() => ({}));
    const connector = server.connector({ entities: [itemsEntity({})] });
    const failure = { code: "NOT_FOUND", message: expect.stringContaining("items") };
    await expect(readItems(connector, undefined, "other")).rejects.toMatchObject(failure);
    await expect(connector.entities.describe("other", new AbortController().signal)).rejects.toMatchObject(failure);
  });
});
