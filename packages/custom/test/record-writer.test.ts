import type { ConflictPolicy, RecordWrite } from "@isthmus/core";
import { expect, it } from "vitest";
import type { CustomConfigurationInput } from "../src/index.js";
import { type RestAnswer, type RestServer, type SeenRequest, startRestServer } from "./rest-server.js";

type Write = NonNullable<NonNullable<CustomConfigurationInput["entities"]>[number]["write"]>;

const change = { path: "/items/{id}", headers: { "If-Match": '"{version}"' } };
const conditional: Write = {
  version: { field: "/etag" },
  create: { path: "/items", headers: { "Idempotency-Key": "{key}" }, id: "/item/id" },
  update: { ...change, method: "PATCH" },
  delete: change,
};
const bare: Write = { create: { path: "/items" }, update: { path: "/items/{id}" }, delete: { path: "/items/{id}" } };

/** Writes one record of an API that answers what it is told to, one answer after the other. */
async function write(
  configuration: Write,
  record: Partial<RecordWrite>,
  { answers = [{}], policy = "fail" }: { answers?: readonly RestAnswer[]; policy?: ConflictPolicy } = {},
) {
  let asked = 0;
  const answer = () => answers[Math.min(asked++, answers.length - 1)] ?? {};
  await using server = await startRestServer(answer);
  const { writer } = connect(server, configuration).entities;
  if (writer === undefined) throw new Error("It has a writer.");
  const whole = { key: "run/7", deleted: false, attempted: false, ...record };
  const outcomes = await writer.write("Item", [whole], { policy, signal: AbortSignal.timeout(10_000) });
  const [outcome] = outcomes.map((each) => ("error" in each ? { ...each, error: each.error.code } : each));
  return { outcome, requests: server.requests.map(shown) };
}

function connect(server: RestServer, configuration: Write | undefined) {
  const entity = { name: "Item", id: "/id", list: { path: "/items" }, ...(configuration && { write: configuration }) };
  return server.connector({ entities: [entity] });
}

const shown = ({ method, target, headers, body }: SeenRequest) =>
  [method, target, headers["if-match"] ?? headers["idempotency-key"], body].filter(Boolean).join(" ");

const id = "a/1";
const record = { name: "Ann", tags: ["x"] };
const base = "v1";
const away = { status: 502 };

it("creates a record under the key of its write, and tells the id where the configuration says that it is", async () => {
  expect(await write(conditional, { record }, { answers: [{ status: 201, body: { item: { id: 7 } } }] })).toEqual({
    outcome: { outcome: "created", id: "7" },
    requests: ['POST /items run/7 {"name":"Ann","tags":["x"]}'],
  });
  expect((await write(conditional, { record }, { answers: [{ status: 204 }] })).outcome).toEqual({
    outcome: "created",
  });
});

it("sends the version that was seen with a change and a deletion, and none where the record is overwritten", async () => {
  const sent = async (write_: Partial<RecordWrite>, policy: ConflictPolicy) =>
    (await write(conditional, { id, base, ...write_ }, { policy })).requests;
  const body = JSON.stringify(record);
  expect(await sent({ record }, "fail")).toEqual([`PATCH /items/a%2F1 "v1" ${body}`]);
  expect(await sent({ record }, "ours")).toEqual([`PATCH /items/a%2F1 ${body}`]);
  expect(await sent({ deleted: true }, "theirs")).toEqual(['DELETE /items/a%2F1 "v1"']);
});

it.each<[string, Partial<RecordWrite>, ConflictPolicy, number, string]>([
  ["a change", { record, base }, "fail", 412, "conflict"],
  ["a change", { record, base }, "theirs", 412, "kept"],
  ["a change of a record that is gone", { record, base }, "fail", 404, "conflict"],
  ["a deletion", { deleted: true, base }, "fail", 409, "conflict"],
  ["a deletion of a record that is gone", { deleted: true, base }, "fail", 404, "conflict"],
  ["a deletion of a record that is gone", { deleted: true }, "ours", 404, "deleted"],
  ["a second try of such a deletion", { deleted: true, base, attempted: true }, "fail", 404, "deleted"],
  // The first try may have moved the version, and nobody can be asked.
  ["a second try of a change", { record, base, attempted: true }, "fail", 412, "unknown"],
  ["an overwriting change that is refused", { record }, "ours", 409, "failed"],
  ["an overwriting change of a record that is gone", { record }, "ours", 404, "failed"],
  ["a change that is refused", { record, base }, "fail", 422, "failed"],
])("takes %s %o under %s with status %i for %s", async (_case, changes, policy, status, expected) => {
  const { outcome } = await write(conditional, { id, ...changes }, { policy, answers: [{ status }] });
  expect(outcome).toMatchObject({ outcome: expected, id });
});

it("sends a change with a version once, and leaves it to a second try to tell what became of it", async () => {
  const { outcome, requests } = await write(conditional, { id, base, record }, { answers: [away, {}] });
  expect(outcome).toEqual({ outcome: "again", attempted: true, error: "OUTCOME_UNKNOWN" });
  expect(requests).toHaveLength(1);
});

it("sends again under a key what was not answered", async () => {
  const { outcome, requests } = await write(
    conditional,
    { record },
    { answers: [away, { body: { item: { id: "8" } } }] },
  );
  expect(outcome).toEqual({ outcome: "created", id: "8" });
  expect(requests).toHaveLength(2);
  const second = await write(conditional, { record, attempted: true }, { answers: [{ body: { item: { id: "8" } } }] });
  expect(second.outcome).toEqual({ outcome: "created", id: "8" });
  const gone = await write(conditional, { record }, { answers: [away] });
  expect(gone.outcome).toMatchObject({ outcome: "again", attempted: true });
});

it("does not take a second try's conflict for a record that was not created", async () => {
  const taken = { policy: "fail", answers: [{ status: 409 }] } as const;
  expect((await write(conditional, { record }, taken)).outcome).toMatchObject({ outcome: "failed", error: "CONFLICT" });
  const second = await write(conditional, { record, attempted: true }, taken);
  expect(second.outcome).toMatchObject({ outcome: "unknown" });
});

it("says that nobody knows, and sends nothing more, where the API can tell no repetition", async () => {
  const lost = await write(bare, { record }, { answers: [away] });
  expect(lost).toMatchObject({ outcome: { outcome: "unknown", error: "OUTCOME_UNKNOWN" }, requests: { length: 1 } });
  for (const again of [{ record }, { id, record }]) {
    const second = await write(bare, { ...again, attempted: true }, { policy: "ours" });
    expect(second).toMatchObject({ outcome: { outcome: "unknown" }, requests: [] });
  }
  const put: Write = { update: { method: "PUT", path: "/items/{id}" } };
  const second = await write(put, { id, record, attempted: true }, { policy: "ours" });
  expect(second).toMatchObject({ outcome: { outcome: "updated", id }, requests: { length: 1 } });
});

it("refuses without sending what the configuration has no request for, and what it cannot compare", async () => {
  const refused = { outcome: { outcome: "failed", error: "UNSUPPORTED" }, requests: [] };
  expect(await write({ update: bare.update }, { record })).toMatchObject(refused);
  expect(await write({ update: bare.update }, { id, deleted: true }, { policy: "ours" })).toMatchObject(refused);
  expect(await write(bare, { id, record, base })).toMatchObject(refused);
  expect(await write(bare, { externalId: { field: "number", value: "1" }, record })).toMatchObject(refused);
  const climbing = await write(bare, { id: "..", record }, { policy: "ours" });
  expect(climbing).toMatchObject({ outcome: { outcome: "failed", error: "VALIDATION_FAILED" }, requests: [] });
});

it("has a writer only where the configuration says how records are written", async () => {
  await using server = await startRestServer(() => ({}));
  expect(connect(server, undefined).entities.writer).toBeUndefined();
  const { entities } = connect(server, { ...conditional, delete: undefined });
  expect(await entities.list(AbortSignal.timeout(1_000))).toMatchObject([
    { creatable: true, updatable: true, deletable: false },
  ]);
  expect(entities.writer?.baseOf({ etag: "v3" }, "Item")).toBe("v3");
  expect(entities.writer?.baseOf({ etag: 2 ** 60 }, "Item")).toBeUndefined();
});

it.each<[string, Write, string]>([
  ["nothing at all", {}, "write"],
  ["a version that a change does not hold", { ...conditional, update: { path: "/items/{id}" } }, "write.update"],
  ["a change of no record", { update: { path: "/items" } }, "write.update"],
  ["a place that there is not", { create: { path: "/items/{id}" } }, "write.create"],
  ["a version in the path", { ...conditional, delete: { path: "/items/{id}/{version}" } }, "write.delete.path"],
  ["a place for a version of nowhere", { delete: change }, "write.version"],
])("refuses a configuration of %s", async (_case, configuration, path) => {
  await using server = await startRestServer(() => ({}));
  expect(() => connect(server, configuration)).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ path: `entities.0.${path}` })] }),
  );
});

it("refuses a request that sets what the API key is sent in", async () => {
  await using server = await startRestServer(() => ({}));
  const create = { path: "/items", query: { key: "{key}" } };
  const configuration: Partial<CustomConfigurationInput> = {
    authentication: { apiKey: { in: "query", name: "key" } },
    entities: [{ name: "Item", id: "/id", list: { path: "/items" }, write: { create } }],
  };
  expect(() => server.connector(configuration)).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ path: "entities.0.write.create.query" })] }),
  );
});
