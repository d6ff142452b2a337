import type { ConflictPolicy, EntityChange, RecordOutcome, RecordWrite, RecordWriter } from "@isthmus/core";
import type { ClauseCheck } from "../suite/clause.js";
import { type Session, withSession } from "../suite/session.js";
import { demand, demandEqual } from "../violation.js";

/** A record that is never decided would otherwise have a clause run for ever. */
const mostTries = 20;

/** Clauses about writing records in bulk. */
export const writerClauses = {
  "writer.absent": {
    requiresLack: "writer",
    run: (subject, id) =>
      withSession(subject, id, async (session) =>
        demand(!session.entities?.writer, "The connector writes records: give harness.writer an example."),
      ),
  },

  "writer.outcomes": {
    requires: ["writer"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const bench = new Bench(session);
        const before = await bench.count();
        const [first, failed, last] = await bench.write("ours", [
          { record: bench.example.create("One") },
          { id: bench.example.unknownId, record: bench.example.change("Two") },
          { record: bench.example.create("Three") },
        ]);
        demandEqual([first?.outcome, failed?.outcome, last?.outcome].join(), "created,failed,created", "Outcomes");
        const ids = [first, last].map((each) => each && "id" in each && each.id);
        demand(ids.every(Boolean) && ids[0] !== ids[1], "The outcome of a new record tells the vendor's id of it.");
        demandEqual(await bench.count(), before + 2, "Records after two were created");
        for (const each of ids) await bench.seen(String(each));
      }),
  },

  "writer.policies": {
    requires: ["writer"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const bench = new Bench(session);
        const { create, change } = bench.example;
        const record = await bench.made(create("Disputed"));
        await bench.expect("ours", { id: record.id, record: change("Theirs") }, ["updated"]);
        const theirs = await bench.seen(record.id);
        demand(theirs.base !== record.base, "A record that was changed has another version than before.");
        const mine = { id: record.id, record: change("Mine"), base: record.base };
        await bench.expect("theirs", mine, ["kept"]);
        await bench.expect("fail", mine, ["conflict"]);
        demandEqual((await bench.seen(record.id)).base, theirs.base, "Version of a record that was left as it is");
        await bench.expect("fail", { ...mine, base: theirs.base }, ["updated"]);
        await bench.expect("ours", { ...mine, record: change("Last") }, ["updated"]);
      }),
  },

  "writer.attempted": {
    requires: ["writer"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const bench = new Bench(session);
        const { create, change, cutNextWrite } = bench.example;
        const before = await bench.count();
        await cutNextWrite(session.standIn, "create");
        await bench.expect("fail", { record: create("Lost") }, ["created", "unknown"]);
        const again = { key: "contract/again", record: create("Again") };
        await bench.expect("fail", again, ["created"]);
        await bench.expect("fail", { ...again, attempted: true }, ["created", "unknown"]);
        demandEqual(await bench.count(), before + 2, "Records after two were created, one of them by two tries");

        const record = await bench.made(create("Changed"));
        await cutNextWrite(session.standIn, "change");
        await bench.expect("fail", { id: record.id, record: change("First"), base: record.base }, [
          "updated",
          "unchanged",
          "unknown",
        ]);
        const { base } = await bench.seen(record.id);
        const second = { key: "contract/second", id: record.id, record: change("Second"), base };
        await bench.expect("fail", second, ["updated"]);
        await bench.expect("fail", { ...second, attempted: true }, ["updated", "unchanged", "unknown"]);
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

/** A record as it was read. */
interface Seen {
  readonly id: string;
  readonly base: string;
}

class Bench {
  readonly #session: Session;
  readonly #writer: RecordWriter;
  readonly #signal = new AbortController().signal;
  #keys = 0;

  constructor(session: Session) {
    const writer = session.entities?.writer;
    demand(writer, "The harness has an example of records to write, but the connector has no writer.");
    this.#session = session;
    this.#writer = writer;
  }

  get example() {
    return this.#session.writerExample;
  }

  /** How many records there are, by the connector's own reading. */
  async count(): Promise<number> {
    const ids = new Set<string>();
    for await (const { id, deleted } of this.#read()) if (!deleted) ids.add(id);
    return ids.size;
  }

  /** Writes, and again what is not decided, until all of it is. */
  async write(policy: ConflictPolicy, records: readonly Partial<RecordWrite>[]): Promise<RecordOutcome[]> {
    const writes = records.map((record) => {
      this.#keys += 1;
      return { key: `contract/${this.#keys}`, deleted: false, attempted: false, ...record };
    });
    const decided = new Map<string, RecordOutcome>();
    // So that a change gets another version than the last one where versions are times, and the stand-in goes by this clock.
    await this.#session.clock.sleep(2_000);
    let open = writes;
    for (let tries = 0; open.length > 0; tries += 1) {
      demand(tries < mostTries, `The writer has not decided about a record in ${mostTries} tries.`);
      const sent = open;
      const call = { policy, signal: this.#signal };
      const outcomes = await this.#session.successOf(
        () => this.#writer.write(this.example.entity, sent, call),
        "Writing records",
      );
      demandEqual(outcomes.length, sent.length, "Outcomes of a call");
      open = sent.flatMap((write, index) => {
        const outcome = outcomes[index];
        if (outcome && "error" in outcome) this.#session.note(outcome.error);
        if (outcome?.outcome === "again") return [{ ...write, attempted: outcome.attempted }];
        if (outcome) decided.set(write.key, outcome);
        return [];
      });
      if (open.length > 0) await this.#session.clock.sleep(60_000);
    }
    return writes.flatMap(({ key }) => decided.get(key) ?? []);
  }

  /** Writes one record. @throws {ContractViolation} unless its outcome is one of these. */
  async expect(
    policy: ConflictPolicy,
    record: Partial<RecordWrite>,
    outcomes: readonly RecordOutcome["outcome"][],
  ): Promise<RecordOutcome | undefined> {
    const [found] = await this.write(policy, [record]);
    const said = found && "error" in found ? ` (${found.error.message})` : "";
    demand(
      found && outcomes.includes(found.outcome),
      `Under "${policy}": expected ${outcomes.join(" or ")}, found ${found?.outcome}${said}.`,
    );
    return found;
  }

  /** Makes a record, and reads it. */
  async made(fields: Readonly<Record<string, unknown>>): Promise<Seen> {
    const outcome = await this.expect("ours", { record: fields }, ["created"]);
    demand(outcome && "id" in outcome && outcome.id !== undefined, "The outcome of a new record tells its id.");
    return this.seen(outcome.id);
  }

  /** A record as `read` of the entities gives it, with its version. */
  async seen(id: string): Promise<Seen> {
    for await (const change of this.#read()) {
      if (change.id !== id || change.record === undefined) continue;
      const base = this.#writer.baseOf(change.record, this.example.entity);
      demand(base !== undefined, "The writer tells no version of a record that was read.");
      return { id, base };
    }
    demand(false, `What was written is not read: there is no record ${id}.`);
  }

  async *#read(): AsyncGenerator<EntityChange> {
    const { entities } = this.#session;
    demand(entities?.read, "A connector that writes records can read them.");
    for await (const { changes } of entities.read(this.example.entity, undefined, this.#signal)) yield* changes;
  }
}
