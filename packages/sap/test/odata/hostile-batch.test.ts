import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { changeset } from "../../src/odata/client/batch-items.js";
import { smallModel } from "../support/small-model.js";
import { type StubSap, startStubSap } from "../support/stub-sap.js";

let stub: StubSap;
beforeAll(async () => {
  stub = await startStubSap();
});
afterEach(() => {
  stub.answers.length = 0;
  stub.requests.length = 0;
});
afterAll(() => stub.close());

const types = { Products: { keys: ["ID"], properties: { ID: "Edm.Int32", name: "Edm.String" } } };
const v2 = smallModel("v2", types);
const v4 = smallModel("v4", types);
const mixed = (boundary: string) => ({ "content-type": `multipart/mixed; boundary=${boundary}` });

/** One answer as it stands in a batch. */
function part(status: number, body: unknown, headers: readonly string[] = []): string {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} X`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return ["Content-Type: application/http", ...headers, "", ...lines, "", text].join("\r\n");
}

function join(boundary: string, parts: readonly string[]): string {
  return `${parts.map((one) => `--${boundary}\r\n${one}\r\n`).join("")}--${boundary}--\r\n`;
}

const good = join("b", [part(200, { d: { ID: 1 } }), part(200, { d: { ID: 2 } })]);
const reads = () => {
  const { calls } = stub.service(v2);
  return [calls.read("Products", 1), calls.read("Products", 2)] as const;
};

describe("the answer to a batch", () => {
  it("is read with a preamble, padding after boundaries, and boundaries within content", async () => {
    const inner = join("cs", [part(201, { d: { ID: 3 } }), part(201, { d: { ID: 4, name: "--b--\r\n--cs" } })]);
    const set = `Content-Type: multipart/mixed; boundary=cs\r\n\r\n${inner}`;
    const body = `preamble\r\n--b  \r\n${part(200, { d: { ID: 1, name: "x --b y" } })}\r\n--b\r\n${set}\r\n--b--epilogue`;
    stub.answers.push({
      status: 202,
      headers: { "content-type": 'Multipart/Mixed; charset=utf-8; Boundary="b"' },
      body,
    });
    const service = stub.service(v2);
    const { calls } = service;
    const results = await service.batch([
      calls.read("Products", 1),
      changeset(calls.create("Products", { ID: 3 }), calls.create("Products", { ID: 4 })),
    ]);
    expect(results).toMatchObject([
      { ok: true, value: { record: { ID: 1, name: "x --b y" } } },
      [{ value: { record: { ID: 3 } } }, { value: { record: { ID: 4, name: "--b--\r\n--cs" } } }],
    ]);
  });

  it("is matched by content id within a change set", async () => {
    const inner = join("cs", [part(201, { ID: 2 }, ["Content-ID: 2"]), part(201, { ID: 1 }, ["Content-ID: 1"])]);
    stub.answers.push({
      headers: mixed("b"),
      body: join("b", [`Content-Type: multipart/mixed; boundary=cs\r\n\r\n${inner}`]),
    });
    const service = stub.service(v4);
    const [results] = await service.batch([
      changeset(service.calls.create("Products", { ID: 1 }), service.calls.create("Products", { ID: 2 })),
    ]);
    expect(results).toMatchObject([{ value: { record: { ID: 1 } } }, { value: { record: { ID: 2 } } }]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["no boundary", { "content-type": "multipart/mixed" }, good],
    ["another boundary", mixed("c"), good],
    ["no multipart", { "content-type": "application/json" }, "{}"],
    ["a page in HTML", { "content-type": "text/html" }, "<html><title>Logon</title></html>"],
    ["nothing", mixed("b"), ""],
    ["a cut end", mixed("b"), good.slice(0, -8)],
    ["a cut part", mixed("b"), good.replace('"ID":2}}', '"I')],
    ["line feeds alone", mixed("b"), good.replaceAll("\r\n", "\n")],
    ["one part too few", mixed("b"), join("b", [part(200, { d: { ID: 1 } })])],
    [
      "one part too many",
      mixed("b"),
      join(
        "b",
        [1, 2, 3].map((ID) => part(200, { d: { ID } })),
      ),
    ],
    ["parts without end", mixed("b"), `--b\r\n\r\n${"--b\r\n\r\n".repeat(100_000)}`],
    ["a header bomb", mixed("b"), join("b", [`X: ${"y".repeat(100_000)}\r\n\r\n`, ""])],
    ["thousands of headers", mixed("b"), join("b", [`${"X: y\r\n".repeat(5_000)}\r\n`, ""])],
    ["a header that is none", mixed("b"), join("b", [part(200, {}, ["no header"]), part(200, {})])],
    ["a part that is no answer", mixed("b"), join("b", ["Content-Type: text/plain\r\n\r\nx", part(200, {})])],
    ["a status that is none", mixed("b"), good.replace("HTTP/1.1 200", "HTTP/1.1 OK")],
    [
      "a change set for a read",
      mixed("b"),
      join("b", [`Content-Type: multipart/mixed; boundary=c\r\n\r\n${join("c", [part(200, {})])}`, part(200, {})]),
    ],
    ["change sets within change sets", mixed("b"), join("b", [nest(40), part(200, {})])],
  ])("is refused with %s", async (_name, headers, body) => {
    stub.answers.push({ headers, body });
    await expect(stub.service(v2).batch(reads())).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("gives no answer to another call than its own when one in the middle is missing", async () => {
    const service = stub.service(v2);
    const { calls } = service;
    const parts = [part(404, { error: { code: "X/1", message: { value: "Gone" } } }), part(200, { d: { ID: 3 } })];
    stub.answers.push({ headers: mixed("b"), body: join("b", parts) });
    const items = [calls.read("Products", 1), calls.read("Products", 2), calls.read("Products", 3)] as const;
    await expect(service.batch(items)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("leaves the outcome unknown when changes are answered by something unreadable, or not at all", async () => {
    const service = stub.service(v2);
    const items = [service.calls.create("Products", { ID: 1 })] as const;
    stub.answers.push({ headers: mixed("b"), body: good.slice(0, -8) }, "destroy");
    for (const _ of [1, 2]) {
      await expect(service.batch(items)).rejects.toMatchObject({
        code: "OUTCOME_UNKNOWN",
        reconcile: expect.any(String),
      });
    }
    expect(stub.requests).toHaveLength(2);
  });

  it("is asked for again when it was lost and the batch only reads", async () => {
    stub.answers.push("destroy", { headers: mixed("b"), body: good });
    expect(await stub.service(v2).batch(reads())).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it("tells the failure of the whole batch as that of any request", async () => {
    stub.answers.push({ status: 400, body: { error: { code: "X/1", message: { value: "No batch" } } } });
    await expect(stub.service(v2).batch(reads())).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "X/1" },
    });
  });

  it("keeps the failure of one part that cannot be read to that part", async () => {
    stub.answers.push({ headers: mixed("b"), body: join("b", [part(200, { ID: 1 }), part(200, { d: { ID: 2 } })]) });
    const results = await stub.service(v2).batch(reads());
    expect(results).toMatchObject([{ ok: false, error: { code: "UNEXPECTED_RESPONSE" } }, { ok: true }]);
  });
});

describe("the answer to a batch in JSON", () => {
  it.each<[string, unknown]>([
    ["no responses", {}],
    ["a response too few", { responses: [{ id: "1", status: 200, body: { ID: 1 } }] }],
    [
      "an id twice",
      {
        responses: [
          { id: "1", status: 200 },
          { id: "1", status: 200 },
        ],
      },
    ],
    [
      "an id that nobody asked for",
      {
        responses: [
          { id: "1", status: 200 },
          { id: "9", status: 200 },
        ],
      },
    ],
    [
      "a status that is none",
      {
        responses: [
          { id: "1", status: "fine" },
          { id: "2", status: 200 },
        ],
      },
    ],
  ])("is refused with %s", async (_name, body) => {
    stub.answers.push({ body });
    const service = stub.service(v4);
    const items = [service.calls.read("Products", 1), service.calls.read("Products", 2)] as const;
    await expect(service.batch(items, { format: "json" })).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("is refused with a part that is nested without end", async () => {
    const deep = `${'{"A":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    stub.answers.push({ body: `{"responses":[{"id":"1","status":200,"body":${deep}}]}` });
    const service = stub.service(v4);
    const batch = service.batch([service.calls.read("Products", 1)] as const, { format: "json" });
    await expect(batch).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("may come in any order", async () => {
    const responses = [2, 1].map((ID) => ({ id: String(ID), status: 200, body: { ID } }));
    stub.answers.push({ body: { responses } });
    const service = stub.service(v4);
    const items = [service.calls.read("Products", 1), service.calls.read("Products", 2)] as const;
    expect(await service.batch(items, { format: "json" })).toMatchObject([
      { value: { record: { ID: 1 } } },
      { value: { record: { ID: 2 } } },
    ]);
  });
});

describe("a batch as it is sent", () => {
  it("has CRLF everywhere, changes in change sets, and a boundary that is not in its content", async () => {
    let draws = 0;
    // The first two draws are the same bytes, and stand in the content.
    const bytes = (length: number) => {
      draws += 1;
      return Buffer.alloc(length, Math.max(0, draws - 2));
    };
    const random = { bytes, number: () => 0, uuid: () => "" };
    const name = `isthmus_${"00".repeat(18)}`;
    stub.answers.push({ status: 500 });
    const service = stub.service(v2, { random });
    const { calls } = service;
    await service.batch([calls.create("Products", { name }), calls.read("Products", 1)]).catch(() => undefined);
    const [{ body = "", headers = {} } = {}] = stub.requests;
    expect(body.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    const boundary = /boundary=(.*)$/.exec(headers["content-type"] ?? "")?.[1] ?? "?";
    expect(body.split(`--${boundary}`)).toHaveLength(4);
    expect(body).toContain(`{"name":"${name}"}`);
    expect(body).toMatch(
      /Content-Type: multipart\/mixed; boundary=(\S+)\r\n\r\n--\1\r\nContent-Type: application\/http\r\n/,
    );
    expect(body).toContain("\r\n\r\nPOST Products HTTP/1.1\r\n");
    expect(body).toContain("\r\n\r\nGET Products(1) HTTP/1.1\r\n");
  });

  it("is refused before it is sent when no service could run it", async () => {
    const service = stub.service(v2);
    const { calls } = service;
    const create = calls.create("Products", {}, { contentId: "a" });
    const refer = calls.update({ set: "Products", contentId: "a" }, {});
    const read = calls.read("Products", 1);
    const batches = [
      [],
      [changeset()],
      [changeset(read)],
      [changeset(refer, create)],
      [changeset(create, create)],
      [changeset(create), changeset(refer)],
      [create, refer],
      Array.from({ length: 1_001 }, () => read),
    ];
    for (const items of batches) {
      await expect(service.batch(items)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    await expect(service.batch([read], { format: "json" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(stub.requests).toEqual([]);
  });
});

function nest(depth: number): string {
  let inner = part(200, {});
  for (let at = 0; at < depth; at += 1)
    inner = `Content-Type: multipart/mixed; boundary=n${at}\r\n\r\n${join(`n${at}`, [inner])}`;
  return inner;
}
