import type { EntityCursor } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isComplete } from "../../src/changes/change-cursor.js";
import { readChanges } from "../../src/changes/read-changes.js";
import { ModelOrganization } from "./model-organization.js";

const lookbackMs = 600_000;
const settings = { entity: "Account", lookbackMs };
const { signal } = new AbortController();

/** A record as it was long before every read. */
const atStart = {
  id: "001000000000001AAA",
  stampMs: 0,
  deleted: false,
  record: { Id: "001000000000001AAA", value: 1 },
};

/** What the reader's own table holds, and where its reading stands: stored together, as a consumer does. */
class Replica {
  readonly values = new Map<string, number>();
  cursor: EntityCursor | undefined;
  given = 0;

  /** Applies up to so many batches, then walks away. @returns whether the read came to its end. */
  async follow(organization: ModelOrganization, batches: number, between: () => void = () => {}): Promise<boolean> {
    let left = batches;
    for await (const batch of readChanges(organization, settings, throughJson(this.cursor), signal)) {
      for (const { id, deleted, record } of batch.changes) {
        if (deleted) this.values.delete(id);
        else this.values.set(id, Number(record?.value));
        this.given += 1;
      }
      this.cursor = batch.cursor;
      left -= 1;
      if (left === 0) return false;
      between();
    }
    return true;
  }

  async catchUp(organization: ModelOrganization): Promise<void> {
    // Once to the end of the read that is under way, and once to what came after it had begun.
    for (let reads = 0; reads < 2; ) if (await this.follow(organization, 1_000)) reads += 1;
    expect(Object.fromEntries(this.values)).toEqual(organization.living());
  }
}

function throughJson(cursor: EntityCursor | undefined): EntityCursor | undefined {
  return cursor && JSON.parse(JSON.stringify(cursor));
}

const write = fc.record({
  do: fc.constant("write" as const),
  kind: fc.constantFrom(...(["create", "create", "update", "delete", "undelete", "purge"] as const)),
  at: fc.nat(50),
  size: fc.integer({ min: 1, max: 12 }),
  // A transaction is over before the lookback is.
  takesMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: lookbackMs - 1 })),
});
const advance = fc.record({
  do: fc.constant("advance" as const),
  ms: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 1_500_000 })),
});
const step = fc.oneof(
  { weight: 4, arbitrary: write },
  { weight: 2, arbitrary: advance },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const) }) },
);
const read = fc.record({
  do: fc.constant("read" as const),
  batches: fc.integer({ min: 1, max: 5 }),
  between: fc.array(step),
});
const history = fc.array(fc.oneof({ weight: 3, arbitrary: step }, { weight: 2, arbitrary: read }), { maxLength: 40 });

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function play(organization: ModelOrganization, each: Step): void {
  if (each.do === "write") organization.write(each.kind, each.at, each.size, each.takesMs);
  else if (each.do === "advance") organization.advance(each.ms);
  else organization.forgetQueries();
}

/** An organisation with a past, whose records have stamps of their own. */
function withPast(pageSize: number, records: number): ModelOrganization {
  const organization = new ModelOrganization(pageSize);
  for (let count = 0; count < records; count += 1) {
    organization.write("create", 0, 1, 0);
    organization.advance(1_000);
  }
  organization.advance(lookbackMs);
  return organization;
}

/** Deleted, committed late and seen by the log alone; then purged before its row was read from the bin. */
const purgedUnseen: typeof history extends fc.Arbitrary<infer Value> ? Value : never = [
  { do: "write", kind: "create", at: 0, size: 1, takesMs: 0 },
  { do: "write", kind: "delete", at: 0, size: 1, takesMs: 60_001 },
  { do: "read", batches: 2, between: [{ do: "advance", ms: 60_000 }] },
  { do: "read", batches: 1, between: [] },
  { do: "advance", ms: 1 },
  { do: "write", kind: "purge", at: 0, size: 1, takesMs: 1 },
  { do: "read", batches: 1, between: [] },
];

describe("readChanges", () => {
  it("ends with exactly the organisation's records, whatever happens between and within its batches", async () => {
    const past = fc.oneof(fc.constant(0), fc.integer({ min: 4, max: 20 }));
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 7 }), past, async (steps, pageSize, records) => {
        const organization = withPast(pageSize, records);
        const replica = new Replica();
        for (const each of steps) {
          if (each.do !== "read") play(organization, each);
          else {
            const pending = [...each.between];
            await replica.follow(organization, each.batches, () => {
              const next = pending.shift();
              if (next) play(organization, next);
            });
          }
        }
        // Whatever is under way is committed, and the log's last minute is over.
        organization.advance(lookbackMs + 60_000);
        await replica.catchUp(organization);
      }),
      { numRuns: 3_000, examples: [[purgedUnseen, 1, 0]] },
    );
  });

  it("goes on behind a record that moved to the end while its page was on the way", async () => {
    const organization = withPast(2, 8);
    const replica = new Replica();
    let batches = 0;
    await replica.follow(organization, 2, () => {
      batches += 1;
      // The fourth record, last of the page that comes next, is changed after the query began.
      if (batches === 1) organization.write("update", 3, 1, 0);
    });
    organization.forgetQueries();
    organization.advance(lookbackMs + 60_000);
    await replica.catchUp(organization);
  });

  it("comes to an end batch by batch though thousands of records share a stamp of this minute", async () => {
    const organization = new ModelOrganization(500);
    organization.write("create", 0, 6_000, 0);
    organization.advance(1_000);
    const replica = new Replica();
    let reads = 0;
    do {
      await replica.follow(organization, 1);
      reads += 1;
    } while (!(replica.cursor && isComplete(replica.cursor)) && reads < 100);
    expect(replica.values.size).toBe(6_000);
    // Twelve batches, and one that says that nothing is left.
    expect(reads).toBe(13);
  });

  it("gives what it gave already no second time while the lookback passes", async () => {
    const organization = new ModelOrganization(500);
    organization.write("create", 0, 1_000, 0);
    const replica = new Replica();
    for (let minute = 0; minute < 15; minute += 1) {
      organization.advance(60_000);
      if (minute === 3) organization.write("delete", 0, 100, 0);
      if (minute === 4) organization.write("purge", 0, 50, 0);
      await replica.follow(organization, 100);
    }
    await replica.catchUp(organization);
    // 100 deletions, and those of the 50 that left the recycle bin are in the log, too.
    expect(replica.given).toBe(1_000 + 100);
  });

  it("finds what left the recycle bin between two reads", async () => {
    const organization = withPast(100, 10);
    const replica = new Replica();
    await replica.catchUp(organization);
    organization.write("delete", 0, 6, 0);
    organization.write("purge", 0, 3, 0);
    organization.advance(120_000);
    await replica.catchUp(organization);
    expect(replica.values.size).toBe(4);
  });

  it("takes nothing back when its reader goes back to an older cursor", async () => {
    const organization = withPast(3, 10);
    const replica = new Replica();
    await replica.follow(organization, 1);
    const { cursor } = replica;
    await replica.catchUp(organization);
    organization.write("delete", 2, 3, 0);
    organization.advance(lookbackMs + 60_000);
    await replica.catchUp(organization);
    replica.cursor = cursor;
    await replica.catchUp(organization);
  });

  it("refuses a cursor of more than 15 days ago: what was deleted before is told by nobody", async () => {
    const organization = withPast(100, 3);
    const replica = new Replica();
    await replica.catchUp(organization);
    organization.advance(14 * 86_400_000);
    await replica.catchUp(organization);
    organization.advance(15 * 86_400_000);
    await expect(replica.follow(organization, 1)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  it("refuses a cursor of another object, and one of another version", async () => {
    const organization = withPast(100, 3);
    const replica = new Replica();
    await replica.catchUp(organization);
    for (const change of [{ entity: "Contact" }, { v: 2 }, { extra: true }]) {
      const cursor = { ...replica.cursor, v: 1, ...change };
      const reading = readChanges(organization, settings, cursor, signal).next();
      await expect(reading).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
  });

  it.each([
    ["an empty one", { rows: [], done: false }],
    ["an empty one that names another", { rows: [], done: false, next: "again" }],
    ["one that comes again", { rows: [atStart], done: false, next: "again" }],
    ["one that forgets where it was", { rows: [atStart], done: false }],
  ])("ends at a page that leads no further: %s", async (_name, page) => {
    const organization = withPast(100, 3);
    organization.rows = async () => page;
    organization.more = async () => page;
    await expect(new Replica().follow(organization, 10)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});
