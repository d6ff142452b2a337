import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import type { Answer } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import type { FeedService } from "../syncs/feed/feed-service.js";
import type { WriteBench } from "./write-bench.js";
import { useWriteService } from "./write-service.js";

describeLongWork("records to write that come as lines", (get) => {
  const getService = useWriteService(get);
  let feed: FeedService;
  let bench: WriteBench;
  let entity: string;
  beforeEach(() => {
    ({ feed, bench, entity } = getService());
  });

  /** Sends pieces one after the other, so that lines come in parts. */
  const send = async (
    pieces: readonly (string | Uint8Array)[],
    query = `entity=${entity}`,
    headers: Record<string, string> = {},
  ) => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) {
          controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
        }
        controller.close();
      },
    });
    return post(stream, query, headers);
  };
  const post = async (body: ReadableStream<Uint8Array>, query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${feed.service.url}/v1/connectors/${feed.connectorId}/records?${query}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${feed.tenant.apiKey}`,
        "content-type": "application/x-ndjson; charset=utf-8",
        ...headers,
      },
      body,
      duplex: "half",
    });
    const answer: Answer["body"] = await response.json();
    return { status: response.status, body: answer, headers: response.headers };
  };
  /**
   * Sends a piece again and again until the connection is ended. Not by `fetch`: where that gives a body up, it reads it to its
   * end all the same, and nothing else of its process has a turn.
   *
   * @returns bytes that were taken of it.
   */
  const sendWithoutEnd = async (piece: string) => {
    let taken = 0;
    const pieces = function* () {
      for (;;) {
        taken += piece.length;
        yield piece;
      }
    };
    const headers = { authorization: `Bearer ${feed.tenant.apiKey}`, "content-type": "application/x-ndjson" };
    const url = `${feed.service.url}/v1/connectors/${feed.connectorId}/records?entity=${entity}`;
    const sending = request(url, { method: "POST", headers });
    sending.on("response", (response) => response.resume());
    await expect(pipeline(Readable.from(pieces()), sending)).rejects.toThrow();
    return taken;
  };
  const line = (name: string) => `${JSON.stringify({ record: { name } })}\n`;
  const names = () => [...feed.vendor.records(entity).values()].map(({ name }) => name);

  it("are written in their order, however they are cut, the last one without its line end too", async () => {
    const umlaut = new TextEncoder().encode(line("Süd"));
    const cut = umlaut.indexOf(0xc3) + 1;
    const pieces = [`${line("a")}{"rec`, `ord":{"name":"b"}}\r\n`, umlaut.subarray(0, cut), umlaut.subarray(cut)];
    const { status, body } = await send([...pieces, line("z").trim()], `entity=${entity}&policy=ours`);
    expect(status).toBe(202);
    expect(await bench.finish(body.id)).toMatchObject({ status: "succeeded", output: { created: 4 } });
    expect(names()).toEqual(["a", "b", "Süd", "z"]);
  });

  it("stand in the document beside the same in JSON", async () => {
    const { paths } = (await feed.tenant.api.get("/openapi.json")).body;
    const { content } = paths["/v1/connectors/{id}/records"].post.requestBody;
    expect(Object.keys(content)).toEqual(["application/json", "application/x-ndjson"]);
    const [json, line] = Object.values(content).map((each) => JSON.stringify(each));
    expect(json).toContain("RecordsToWrite");
    expect(line).toContain("RecordToWrite");
  });

  it("are one request with their Idempotency-Key, and another one with other bytes", async () => {
    const key = { "idempotency-key": newId() };
    const first = await send([line("a")], undefined, key);
    const again = await send([line("a")], undefined, key);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await send([line("b")], undefined, key)).toMatchObject({ body: { code: "IDEMPOTENCY_KEY_REUSED" } });
  });

  describe("are refused", () => {
    const errorsOf = async (pieces: readonly (string | Uint8Array)[], query?: string) => {
      const { body } = await send(pieces, query);
      return [body.code, ...(body.errors ?? []).map(({ path }: { path: string }) => path)];
    };

    it("by the line and field that does not fit, all of them at once, and nothing is taken", async () => {
      const bad = [line("a"), "{\n", '{"recrod":{}}\n', '{"id":7,"record":{}}\n', '{"record":{"a":"\\u0000"}}\n', "\n"];
      expect(await errorsOf(bad)).toEqual([
        "VALIDATION_FAILED",
        "lines.2",
        "lines.3",
        "lines.4.id",
        "lines.5.record.a",
        "lines.6",
      ]);
      expect(await errorsOf(['{"record":{"__proto__":{"a":1}}}\n'])).toEqual(["VALIDATION_FAILED", "lines.1"]);
      expect(names()).toEqual([]);
    });

    it("by the line that contradicts itself or another one", async () => {
      const twice = '{"id":"a","record":{}}\n';
      expect(await errorsOf([line("a"), twice, twice])).toEqual(["VALIDATION_FAILED", "lines.3.id"]);
    });

    it("where there are none, or too many, or one that is too long", async () => {
      expect(await errorsOf([""])).toEqual(["VALIDATION_FAILED", "lines.1"]);
      expect(await errorsOf(["{}\n".repeat(200)])).toHaveLength(51);
      expect(await errorsOf([line("a").repeat(10_001)])).toEqual(["VALIDATION_FAILED", "lines.10001"]);
      expect(await errorsOf([line("x".repeat(1024 * 1024))])).toEqual(["PAYLOAD_TOO_LARGE"]);
      expect(await errorsOf([Uint8Array.of(0x22, 0xff, 0x22)])).toEqual(["MALFORMED_JSON"]);
    });

    it("beyond 16 MiB together, of which little more is read, and nothing is taken", async () => {
      const [half] = [line("x".repeat(512 * 1024))];
      const limit = 16 * 1024 * 1024;
      const fits = Math.floor(limit / half.length);
      const runs = async () => (await feed.tenant.api.get("/v1/operation-runs?limit=200")).body.data.length;
      const before = await runs();
      const sent = await send(Array.from({ length: fits + 1 }, () => half));
      expect(sent).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });
      // A body without an end is not read on for ever: what the service reads after its answer has a limit, too.
      const taken = await sendWithoutEnd(half);
      expect(taken).toBeGreaterThan(limit);
      expect(taken).toBeLessThan(3 * limit);
      expect([await runs(), names()]).toEqual([before, []]);
      expect(await send(Array.from({ length: fits }, () => half))).toMatchObject({ status: 202 });
    });

    it("without an entity, and with a policy that there is not", async () => {
      expect(await errorsOf([line("a")], "")).toEqual(["VALIDATION_FAILED", "entity"]);
      expect(await errorsOf([line("a")], `entity=${entity}&policy=mine`)).toEqual(["VALIDATION_FAILED", "policy"]);
    });
  });
});
