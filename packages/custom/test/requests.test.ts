import { describe, expect, it } from "vitest";
import { type RestAnswer, startRestServer } from "./rest-server.js";

const write = { kind: "write", method: "POST", path: "/items", summary: "Writes." } as const;
const read = { kind: "read", method: "GET", path: "/items", summary: "Reads." } as const;
const anything = { type: "object", additionalProperties: true };

describe("a request", () => {
  it("leaves out parameters, headers and fields whose value is missing, and repeats a parameter for a list", async () => {
    await using server = await startRestServer(() => ({}));
    const properties = {
      tag: { type: "array", items: { type: "string" } },
      from: { type: "string" },
      n: { type: "number" },
    };
    const connector = server.connector({
      operations: [
        {
          ...write,
          name: "search",
          query: { tag: "{tag}", range: "{from}..", size: "10" },
          headers: { "X-From": "{from}" },
          body: { template: { filter: { from: "{from}", n: "{n}" }, list: ["{n}", "x"], literal: "{{n}}" } },
          input: { type: "object", properties },
        },
      ],
    });
    await connector.call("search", { tag: ["a b", "c&d"], n: 1.5 });
    await connector.call("search", { from: "2026" });
    const [first, second] = server.requests;
    expect(first?.target).toBe("/items?tag=a%20b&tag=c%26d&size=10");
    expect(first?.headers).not.toHaveProperty("x-from");
    expect(JSON.parse(first?.body ?? "")).toEqual({ filter: { n: 1.5 }, list: [1.5, "x"], literal: "{n}" });
    expect(second?.target).toBe("/items?range=2026..&size=10");
    expect(second?.headers).toMatchObject({ "x-from": "2026", "content-type": "application/json" });
    expect(JSON.parse(second?.body ?? "")).toEqual({ filter: { from: "2026" }, list: ["x"], literal: "{n}" });
  });

  it("has no body where all of it is one value that is missing", async () => {
    await using server = await startRestServer(() => ({}));
    const input = { type: "object", properties: { item: anything } };
    const connector = server.connector({
      operations: [{ ...write, name: "add", body: { template: "{item}" }, input }],
    });
    await connector.call("add", {});
    await connector.call("add", { item: { a: null } });
    expect(server.requests.map(({ body }) => body)).toEqual(["", '{"a":null}']);
    expect(server.requests[0]?.headers).not.toHaveProperty("content-type");
  });

  it("takes values from deeper in the input, own fields only", async () => {
    await using server = await startRestServer(() => ({}));
    const input = { type: "object", properties: { address: anything }, required: ["address"] };
    const connector = server.connector({
      operations: [{ ...read, name: "in", path: "/cities/{address.city}", input }],
    });
    await connector.call("in", { address: { city: "Århus" } });
    expect(server.requests[0]?.target).toBe("/cities/%C3%85rhus");
    await expect(connector.call("in", { address: {} })).rejects.toMatchObject({ issues: [{ path: "address.city" }] });
    const inherited = { ...read, name: "own", path: "/{address.constructor}", input };
    const other = server.connector({ operations: [inherited] });
    await expect(other.call("own", { address: {} })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("sends the caller's idempotency key, and the same one again after a lost answer", async () => {
    const answers: RestAnswer[] = [{ status: 502 }, { status: 200 }];
    await using server = await startRestServer(() => answers.shift() ?? {});
    const connector = server.connector({
      operations: [{ ...write, name: "pay", idempotencyHeader: "Idempotency-Key" }],
    });
    await connector.call("pay", {}, { idempotencyKey: "order-1" });
    await connector.call("pay");
    await connector.call("pay");
    const keys = server.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(keys.slice(0, 2)).toEqual(["order-1", "order-1"]);
    expect(new Set(keys.slice(2)).size).toBe(2);
    await expect(connector.call("pay", {}, { idempotencyKey: "a\r\nb" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  it("sends a write without such a key once, and says that its outcome is unknown", async () => {
    await using server = await startRestServer(() => ({ status: 504 }));
    const connector = server.connector({ operations: [{ ...write, name: "pay", reconcile: "Look at the ledger." }] });
    await expect(connector.call("pay")).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: "Look at the ledger.",
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a result", () => {
  it("is what the pointer leads to, with every field that the API sent", async () => {
    await using server = await startRestServer(() => ({ body: { data: [{ "a/b": { id: 1, extra: [true] } }] } }));
    const output = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] };
    const connector = server.connector({ operations: [{ ...read, name: "get", output, result: "/data/0/a~1b" }] });
    expect(await connector.call("get")).toEqual({ id: 1, extra: [true] });
  });

  it("is {} where no output is described, whatever the answer", async () => {
    await using server = await startRestServer(() => ({ status: 204 }));
    expect(await server.connector({}).call("ping")).toEqual({});
  });

  it.each([
    ["is of another shape", { body: { id: "seven-secret" } }],
    ["is no JSON", { body: "<html>" }],
    ["is empty", {}],
  ])(
    "that %s is UNEXPECTED_RESPONSE for a read and OUTCOME_UNKNOWN for a write that was accepted",
    async (_, answer) => {
      await using server = await startRestServer(() => answer);
      const output = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] };
      const connector = server.connector({
        operations: [
          { ...read, name: "get", output },
          { ...write, name: "add", output },
          { ...write, name: "set", method: "PUT", output },
        ],
      });
      const failure = await connector.call("get").catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "UNEXPECTED_RESPONSE" });
      expect(String(failure)).not.toContain("seven-secret");
      await expect(connector.call("add")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      await expect(connector.call("set")).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    },
  );

  it("larger than the limit is refused", async () => {
    await using server = await startRestServer(() => ({ body: "x".repeat(2_000) }));
    const connector = server.connector({ limits: { maxResponseBytes: 1_024 } });
    await expect(connector.call("ping")).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  });
});

describe("limits", () => {
  it("keep the requests at work to the configured number", async () => {
    let most = 0;
    let working = 0;
    await using server = await startRestServer(() => ({}));
    const observer = {
      attemptStarted: () => {
        working += 1;
        most = Math.max(most, working);
      },
      attemptEnded: () => {
        working -= 1;
      },
    };
    const connector = server.connector({ limits: { concurrency: 2 } }, { observer });
    await Promise.all(Array.from({ length: 10 }, () => connector.call("ping")));
    expect(most).toBe(2);
  });
});
