import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type BinaryContent,
  binaryContentSchema,
  defineOperation,
  discardContent,
  type Operation,
  runOperation,
} from "../../src/contract/index.js";
import { openConnectorBench, type PlainConnector } from "../support/connector-bench.js";
import { failureOf } from "../support/oauth-bench.js";

const download = (changes: Partial<Operation<PlainConnector>> = {}) =>
  defineOperation<PlainConnector, unknown, unknown>({
    name: "files.get",
    summary: "Gives a file.",
    kind: "read",
    idempotent: true,
    input: z.strictObject({}),
    output: binaryContentSchema,
    produces: "application/pdf",
    run: async (connector, _input, { signal }): Promise<BinaryContent> => {
      const { body } = await connector.open({ signal });
      return { mediaType: "application/pdf", fileName: "a.pdf", size: 3, body };
    },
    ...changes,
  });

const upload = (run: (content: BinaryContent | undefined) => Promise<unknown>, consumes = "image/*") =>
  defineOperation<PlainConnector, unknown, unknown>({
    name: "files.put",
    summary: "Takes a file.",
    kind: "write",
    idempotent: false,
    input: z.strictObject({}),
    output: z.unknown(),
    consumes,
    run: (_connector, _input, { content }) => run(content),
  });

const call = { signal: new AbortController().signal };
const png = (body: AsyncIterable<Uint8Array>): BinaryContent => ({ mediaType: "image/png", body });

async function open(bench: { readonly connector: PlainConnector }, operation = download()): Promise<BinaryContent> {
  return binaryContentSchema.parse(await runOperation(bench.connector, operation, {}, call));
}

describe("defineOperation", () => {
  it.each<[string, Partial<Operation<PlainConnector>>]>([
    ["produces bytes and describes another output", { output: z.string() }],
    ["describes bytes and does not say which", { produces: "application/json" }],
    ["names a media type that is none", { produces: "pdf" }],
    ["names a range that is none", { consumes: "*/pdf" }],
    ["names a media type with parameters", { consumes: "text/plain; charset=utf-8" }],
    ["gives bytes item by item", { stream: { item: z.unknown(), run: () => Readable.from([]) } }],
  ])("refuses an operation that %s", (_what, changes) => {
    expect(() => download(changes)).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }));
  });

  it.each(["application/pdf", "image/*", "*/*"])("takes %s for what an operation produces or consumes", (mediaType) => {
    expect(download({ produces: mediaType, consumes: mediaType })).toMatchObject({ produces: mediaType });
  });
});

describe("binaryContentSchema", () => {
  it("is published as a binary string, by JSON Schema's strict rules too", () => {
    expect(z.toJSONSchema(binaryContentSchema)).toMatchObject({ type: "string", format: "binary" });
  });

  it.each([null, "bytes", { mediaType: "a/b" }, { body: Readable.from([]) }, { mediaType: "a/b", body: [], size: -1 }])(
    "refuses what is no content: %j",
    (value) => {
      expect(binaryContentSchema.safeParse(value).success).toBe(false);
    },
  );
});

describe("runOperation with bytes", () => {
  it("hands over what the connector gives, and completes when it has been read", async () => {
    await using bench = await openConnectorBench();
    const content = await open(bench);
    expect(content).toMatchObject({ mediaType: "application/pdf", fileName: "a.pdf", size: 3 });
    expect(bench.events).toEqual([]);
    expect((await buffer(content.body)).toString()).toBe('{"id":"acc-1"}');
    expect(bench.events).toMatchObject([["operation.completed", { operation: "files.get" }]]);
    expect(bench.events[0]?.[1]).not.toHaveProperty("code");
    expect(() => content.body[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });

  it.each([
    ["before the first byte", async (content: BinaryContent) => discardContent(content)],
    [
      "in the middle",
      async ({ body }: BinaryContent) => {
        for await (const _piece of body) break;
      },
    ],
  ])("closes the connection when its reader stops %s, and has completed then", async (_when, stop) => {
    await using bench = await openConnectorBench();
    bench.on("/items", (response) => void response.writeHead(200).write(Buffer.alloc(100_000)));
    await stop(await open(bench));
    expect(bench.events).toHaveLength(1);
    expect(bench.events[0]?.[1]).not.toHaveProperty("code");
    await bench.vendor.idle();
  });

  it("tells the code of what fails in the middle, to its reader and once as an event", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", (response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    });
    const content = await open(bench);
    expect(await failureOf(buffer(content.body))).toMatchObject({ code: "RESPONSE_CUT" });
    expect(bench.events).toMatchObject([["operation.completed", { code: "RESPONSE_CUT" }]]);
  });

  it("reports CANCELLED when the caller's signal ends it while it is read", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", (response) => void response.writeHead(200).write("half"));
    const caller = new AbortController();
    const content = binaryContentSchema.parse(
      await runOperation(bench.connector, download(), {}, { signal: caller.signal }),
    );
    const reading = failureOf(buffer(content.body));
    caller.abort();
    expect(await reading).toMatchObject({ code: "CANCELLED" });
  });

  it("refuses bytes of another media type than it promises, and lets go of them", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", (response) => void response.writeHead(200).write("<html>"));
    const lies = download({
      run: async (connector) => ({ mediaType: "text/html", body: (await connector.open()).body }),
    });
    expect(await failureOf(open(bench, lies))).toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(bench.events).toMatchObject([["operation.completed", { code: "UNEXPECTED_RESPONSE" }]]);
    await bench.vendor.idle();
  });

  it("makes INTERNAL of an output that is no content", async () => {
    await using bench = await openConnectorBench();
    const broken = download({ run: () => Promise.resolve({ id: "7" }) });
    expect(await failureOf(open(bench, broken))).toMatchObject({ code: "INTERNAL" });
  });

  it("gives the connector the call's content", async () => {
    await using bench = await openConnectorBench();
    const count = upload(async (content) => content && (await buffer(content.body)).length);
    const content = png(Readable.from([Buffer.alloc(7)]));
    expect(await runOperation(bench.connector, count, {}, { ...call, content })).toBe(7);
  });

  it("refuses content that is missing, not wanted or of another media type before anything is sent, and lets go of it", async () => {
    await using bench = await openConnectorBench();
    const put = upload(() => Promise.resolve("not reached"));
    const body = Readable.from([Buffer.alloc(7)]);
    const content = { mediaType: "text/html", body };
    for (const [operation, more] of [
      [put, {}],
      [put, { content }],
      [put, { content: { ...content, mediaType: "image/png\r\nx: y" } }],
      [download(), { content }],
    ] as const) {
      const failing = runOperation(bench.connector, operation, {}, { ...call, ...more });
      expect(await failureOf(failing)).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "content" }] });
    }
    expect(body.destroyed).toBe(true);
    expect([bench.vendor.requests, bench.events]).toEqual([[], []]);
  });
});
