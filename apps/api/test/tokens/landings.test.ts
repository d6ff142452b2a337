import { ConflictError } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { type Database, DatabaseUnavailableError, newId } from "../../src/database/index.js";
import type { Landing } from "../../src/repositories/index.js";
import { Landings } from "../../src/tokens/landings.js";

/** A statement that waits for its answer: those of `plain` land, or all where it is not given. */
interface Statement {
  readonly name: "land" | "landPlain";
  readonly ids: readonly string[];
  answer(plain?: readonly string[]): void;
  fail(error: Error): void;
}

/** A database that answers when it is told to, each set with the version that is its place in all. */
function slowDatabase() {
  const statements: Statement[] = [];
  let version = 0;
  const begin = (name: Statement["name"], ids: readonly string[]) =>
    new Promise<ReadonlyMap<string, number>>((resolve, reject) => {
      const answer = (plain = ids) => resolve(new Map(plain.map((id) => [id, ++version])));
      statements.push({ name, ids, answer, fail: reject });
    });
  const landPlain = (landings: readonly Landing[]) =>
    begin(
      "landPlain",
      landings.map(({ attemptId }) => attemptId),
    );
  const land = async (_: object, attemptId: string) => (await begin("land", [attemptId])).get(attemptId);
  const asSystem = ((work: (system: object) => unknown) =>
    work({ tokens: { land, landPlain } })) as Database["asSystem"];
  return { statements, landings: new Landings({ asSystem }) };
}

/** So many landings that have begun, and how each ends. */
function begun(count: number) {
  const { statements, landings } = slowDatabase();
  const ended: unknown[] = [];
  const land = (index: number) => {
    const attemptId = newId();
    const landing = { tenantId: newId(), connectorId: newId(), attemptId, landed: { tokens: {}, isRenewal: true } };
    const note = (end: unknown) => {
      ended[index] = end;
    };
    landings.land(landing).then(note, note);
    return attemptId;
  };
  const ids = Array.from({ length: count }, (_, index) => land(index));
  /** What was sent: sizes of statements, and those of one by itself as `land`. */
  const sent = () => statements.map(({ name, ids }) => (name === "land" ? name : ids.length));
  return { statements, ended, ids, sent, land };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("Landings", () => {
  it("sends one that comes alone at once, and those that come meanwhile together", async () => {
    const { statements, ended, ids, sent, land } = begun(5);
    expect(sent()).toEqual([1, 1]);
    statements[0]?.answer();
    await settled();
    expect(statements[2]?.ids).toEqual(ids.slice(2));
    statements[2]?.answer();
    statements[1]?.answer();
    await settled();
    expect(ended).toEqual([1, 5, 2, 3, 4]);
    land(5);
    expect(sent()).toEqual([1, 1, 3, 1]);
  });

  it("sends no more than 64 together", async () => {
    const { statements, sent } = begun(102);
    statements[0]?.answer();
    statements[1]?.answer();
    await settled();
    expect(sent()).toEqual([1, 1, 64, 36]);
  });

  it("answers none before the statement that holds it", async () => {
    const { statements, ended } = begun(3);
    statements[0]?.answer();
    await settled();
    expect(ended).toEqual([1]);
    statements[2]?.answer();
    await settled();
    expect(ended).toEqual([1, undefined, 2]);
  });

  it("lands what a statement leaves out by itself, and lets it keep nobody waiting", async () => {
    const { statements, ended, ids, sent } = begun(5);
    statements[0]?.answer([]);
    statements[1]?.answer([]);
    await settled();
    expect(sent()).toEqual([1, 1, "land", "land", 3]);
    statements[4]?.answer(ids.slice(3));
    await settled();
    // Somebody has locked the rows of three.
    expect(sent().slice(5)).toEqual(["land"]);
    expect(Object.entries(ended)).toEqual([
      ["3", 1],
      ["4", 2],
    ]);
    statements[2]?.answer([]);
    statements[3]?.answer();
    statements[5]?.answer();
    await settled();
    expect(ended).toEqual([undefined, 3, 4, 1, 2]);
  });

  it("tries each by itself where the database refuses what they are in, and fails only that one", async () => {
    const { statements, ended, sent } = begun(5);
    statements[0]?.answer();
    statements[1]?.answer();
    await settled();
    const refused = new ConflictError("no");
    statements[2]?.fail(refused);
    await settled();
    expect(sent().slice(3)).toEqual(["land", "land", "land"]);
    statements[3]?.fail(refused);
    statements[4]?.answer();
    statements[5]?.answer();
    await settled();
    expect(ended).toEqual([1, 2, refused, 3, 4]);
  });

  it("fails all of a statement when the database is away, without asking again, and goes on with the next ones", async () => {
    const { statements, ended, sent } = begun(67);
    statements[0]?.answer();
    statements[1]?.answer();
    await settled();
    const away = new DatabaseUnavailableError("away");
    statements[2]?.fail(away);
    statements[3]?.answer();
    await settled();
    expect(ended).toEqual([1, 2, ...Array.from({ length: 64 }, () => away), 3]);
    expect(sent()).toEqual([1, 1, 64, 1]);
  });
});
