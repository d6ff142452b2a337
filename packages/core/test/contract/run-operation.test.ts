import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineOperation, findOperation, runOperation, streamOperation } from "../../src/contract/index.js";
import { openConnectorBench, type PlainConnector } from "../support/connector-bench.js";
import { json } from "../support/loopback-server.js";
import { failureOf } from "../support/oauth-bench.js";

const inputSchema = z.strictObject({ id: z.string().transform((id) => (id === "bad" ? JSON.parse(id) : id)) });
type Run = (connector: PlainConnector, input: { readonly id: string }, signal: AbortSignal) => Promise<unknown>;

const read: Run = async (connector, { id }, signal) => (await connector.call({ path: `/items/${id}`, signal })).json();

function operationOf(run: Run, items?: (connector: PlainConnector) => AsyncIterable<unknown>) {
  return defineOperation({
    name: "items.get",
    summary: "Reads an item.",
    kind: "read",
    input: inputSchema,
    output: z.unknown(),
    idempotent: true,
    run: (connector: PlainConnector, input, { signal }) => run(connector, input, signal),
    ...(items && { stream: { item: z.unknown(), run: items } }),
  });
}

const call = { signal: new AbortController().signal };

describe("runOperation", () => {
  it("calls the connector with the proven input, and tells how long it took", async () => {
    await using bench = await openConnectorBench();
    expect(await runOperation(bench.connector, operationOf(read), { id: "7" }, call)).toEqual({ id: "acc-1" });
    expect(bench.paths()).toEqual(["/items/7"]);
    const completed = { connection: { type: "plain" }, operation: "items.get", durationMs: 0 };
    expect(bench.events).toEqual([["operation.completed", completed]]);
  });

  it("tells the code of a failure, once", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items/7", json({}, 404));
    const failing = runOperation(bench.connector, operationOf(read), { id: "7" }, call);
    expect(await failureOf(failing)).toMatchObject({ code: "NOT_FOUND" });
    expect(bench.events).toMatchObject([["operation.completed", { code: "NOT_FOUND" }]]);
  });

  it("refuses input that does not fit before anything is sent, and tells no event", async () => {
    await using bench = await openConnectorBench();
    const failing = runOperation(bench.connector, operationOf(read), { id: 7 }, call);
    expect(await failureOf(failing)).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "id" }] });
    expect([bench.vendor.requests, bench.events]).toEqual([[], []]);
  });

  it.each([
    ["the connector's code", "7"],
    ["the input schema's code", "bad"],
  ])("makes INTERNAL of what %s throws", async (_whose, id) => {
    await using bench = await openConnectorBench();
    const broken = operationOf(() => Promise.reject(new TypeError("Bearer abcdefghijklmnop")));
    const error = await failureOf(runOperation(bench.connector, broken, { id }, call));
    expect(error).toMatchObject({ code: "INTERNAL", retryable: false });
    expect(inspect(error)).not.toContain("abcdefghijklmnop");
  });

  it("makes CANCELLED of what the caller's signal ended outside the transport", async () => {
    await using bench = await openConnectorBench();
    const ending = new AbortController();
    const waits = operationOf((_connector, _input, signal) => {
      ending.abort();
      return Promise.reject(signal.reason);
    });
    const error = await failureOf(runOperation(bench.connector, waits, { id: "7" }, { signal: ending.signal }));
    expect(error).toMatchObject({ code: "CANCELLED" });
  });
});

describe("streamOperation", () => {
  const three = async function* (connector: PlainConnector) {
    for (const id of ["1", "2", "3"]) yield (await connector.call({ path: `/items/${id}` })).json();
  };
  const open = async (bench: Awaited<ReturnType<typeof openConnectorBench>>, items = three) =>
    streamOperation(bench.connector, operationOf(read, items), { id: "7" }, call);

  it("sends nothing before the first item is asked for, and completes after the last", async () => {
    await using bench = await openConnectorBench();
    const items = await open(bench);
    expect(bench.vendor.requests).toHaveLength(0);
    expect(await Array.fromAsync(items)).toHaveLength(3);
    expect(bench.events).toMatchObject([["operation.completed", { operation: "items.get" }]]);
  });

  it("asks for no further item when its reader stops, and has completed then", async () => {
    await using bench = await openConnectorBench();
    for await (const _item of await open(bench)) break;
    expect(bench.paths()).toEqual(["/items/1"]);
    expect(bench.events).toHaveLength(1);
    expect(bench.events[0]?.[1]).not.toHaveProperty("code");
  });

  it("tells the code of what fails in the middle", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items/2", json({}, 403));
    const reading = Array.fromAsync(await open(bench));
    expect(await failureOf(reading)).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(bench.events).toMatchObject([["operation.completed", { code: "PERMISSION_DENIED" }]]);
  });

  it("refuses at once what does not fit and what has no items", async () => {
    await using bench = await openConnectorBench();
    expect(() => streamOperation(bench.connector, operationOf(read, three), {}, call)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
    expect(() => streamOperation(bench.connector, operationOf(read), { id: "7" }, call)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });
});

describe("findOperation", () => {
  it("names the operations that there are when there is none of the name", () => {
    const operation = operationOf(read);
    expect(findOperation([operation], "items.get")).toBe(operation);
    expect(() => findOperation([operation], "items.put")).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: expect.stringContaining("items.get") }),
    );
  });
});
