import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

describe("a body", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
  });
  afterAll(() => service?.close());

  // One route whose body Fastify reads, and one that reads its own because only the operation says what it takes.
  const routes: [string, () => string][] = [
    ["a route", () => "/v1/api-keys"],
    ["an operation", () => `/v1/connectors/${connectorId}/operations/limits`],
  ];
  const types = { "content-type": "application/json" };

  async function send(
    path: string,
    body: string | Uint8Array<ArrayBuffer> | ReadableStream,
    headers: Record<string, string> = types,
  ): Promise<Sent> {
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.apiKey}`, ...headers },
      body,
      duplex: "half" as const,
    };
    const response = await fetch(service.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, code: isJson ? JSON.parse(text).code : undefined, text };
  }

  /** Bytes without a length. */
  function chunked(bytes: number): ReadableStream {
    let left = bytes;
    return new ReadableStream({
      pull(controller) {
        const size = Math.min(left, 65_536);
        left -= size;
        if (size === 0) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(32));
      },
    });
  }

  describe.each(routes)("of %s", (_, path) => {
    it("of more than 4 MiB is refused, with and without a length", async () => {
      const limit = 4 * 1024 * 1024;
      expect(await send(path(), " ".repeat(limit + 1))).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
      expect(await send(path(), chunked(limit + 1))).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
      // As large as it may be, it is read: white space is no JSON.
      expect(await send(path(), chunked(limit))).toMatchObject({ status: 400, code: "MALFORMED_JSON" });
    });

    it.each(["gzip", "br", "deflate", "zstd", "gzip, identity", "x"])(
      "that is packed as %s is refused",
      async (encoding) => {
        const packed = await send(path(), new Uint8Array(gzipSync('{"name":"x"}')), {
          ...types,
          "content-encoding": encoding,
        });
        expect(packed).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
        const plain = await send(path(), '{"name":"x"}', { ...types, "content-encoding": encoding });
        expect(plain).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
      },
    );

    it.each([
      "text/plain",
      "text/plain; charset=utf-8",
      "text/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/xml",
      "application/vnd.api+json",
      "application/jsonp",
      "application/json+x",
      "application/json-patch+json",
      "text/plain; application/json",
      "text/plain, application/json",
      "application/json, text/plain",
      "application/json; charset=utf-16",
      "application/json; charset=utf-16le",
      "application/json; charset=iso-8859-1",
      'application/json; charset="utf-7"',
      "application/json; charset=utf-8; charset=utf-16",
      "*/*",
      "json",
      ";",
    ])("that calls itself %s is refused, although it is JSON", async (mediaType) => {
      const answer = await send(path(), '{"name":"x"}', { "content-type": mediaType });
      expect(answer).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    });

    it("without a media type is refused", async () => {
      const answer = await send(path(), new TextEncoder().encode('{"name":"x"}'), {});
      expect(answer).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    });

    it.each(["application/json; charset=utf-8", "application/json;charset=UTF-8", 'Application/JSON; charset="utf-8"'])(
      "that calls itself %s is read",
      async (mediaType) => {
        const answer = await send(path(), "{", { "content-type": mediaType });
        expect(answer).toMatchObject({ status: 400, code: "MALFORMED_JSON" });
      },
    );

    it("in UTF-16 is no JSON", async () => {
      for (const encoding of ["utf16le", "latin1"] as const) {
        const body = new Uint8Array(Buffer.from('{"name":"é"}', encoding));
        expect(await send(path(), body)).toMatchObject({ status: 400, code: "MALFORMED_JSON" });
      }
    });

    it.each([
      '{"__proto__":{"roles":["admin"]}}',
      '{"\\u005f_proto__":{"roles":["admin"]}}',
      '{"\\u005f\\u005fproto\\u005f\\u005f":1}',
      '{"a":[{"b":{"__proto__":null}}]}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"a":{"\\u0063onstructor":{"prototype":{}}}}',
      '{ "__proto__" : 1 }',
      '{"name":"x","__proto__":{"a":{"b":1}},"__proto__":{}}',
    ])("reaches no prototype: %s", async (body) => {
      expect(await send(path(), body)).toMatchObject({ status: 400, code: "MALFORMED_JSON" });
      expect(Reflect.get({}, "roles") ?? Reflect.get({}, "x")).toBeUndefined();
    });

    it("of thousands of levels or names is refused with a short answer", async () => {
      for (const body of [
        `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
        `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
        `{${Array.from({ length: 40_000 }, (_value, index) => `"a${index}":0`).join(",")}}`,
        `{"roles":[${"1,".repeat(60_000)}1],"name":1,"scopes":[${"{},".repeat(40_000)}1]}`,
        `{"${"k".repeat(200_000)}":1}`,
      ]) {
        const answer = await send(path(), body);
        expect(answer.status).toBe(400);
        expect(answer.text.length).toBeLessThan(16_384);
      }
    });
  });

  it("that names a field twice means the last one, in what is proven as in what is kept", async () => {
    const body = '{"email":"twice@example.com","name":"Twice","roles":["admin"],"roles":["viewer"]}';
    const made = await send("/v1/users", body);
    expect([made.status, JSON.parse(made.text).roles]).toEqual([201, ["viewer"]]);
    expect(await send("/v1/users", body.replace('["viewer"]', '["owner"]'))).toMatchObject({ status: 400 });
  });

  it("shows no more than the first wrong elements of a list", async () => {
    const answer = await tenant.api.post("/v1/users", {
      email: "e@example.com",
      name: "x",
      roles: Array(1_000).fill("owner"),
    });
    expect(answer.body).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(answer.body.errors.length).toBeLessThanOrEqual(50);
  });

  /** Sends bytes as they are. @returns the status lines of the answers. */
  async function sendRaw(text: string): Promise<string[]> {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return answer.match(/^HTTP\/1\.1 \d{3}/gm) ?? [];
  }

  const smuggled = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
  it.each([
    ["a length and chunks", `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunks that are not the last encoding", `transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ["chunks spelt otherwise", `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a space before the colon", `content-length : 2\r\n\r\n{}${smuggled}`],
    ["two lengths", `content-length: 2\r\ncontent-length: 40\r\n\r\n{}${smuggled}`],
    ["two lengths in one", `content-length: 2, 2\r\n\r\n{}${smuggled}`],
    ["a length with a sign", `content-length: +2\r\n\r\n{}${smuggled}`],
    ["a length in hexadecimal", `content-length: 0x2\r\n\r\n{}${smuggled}`],
    ["a folded header", `x-a: b\r\n c: d\r\ncontent-length: 2\r\n\r\n{}${smuggled}`],
    ["a NUL in a header", `x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}${smuggled}`],
    ["a chunk with a sign", `transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n${smuggled}`],
    ["a chunk that is longer than it says", `transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ])("with %s smuggles no second request", async (_, rest) => {
    const head = `POST /v1/api-keys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    const answers = await sendRaw(head + rest);
    expect(answers).toHaveLength(1);
    // Who has no key may be told so before the body is read; the connection is closed all the same.
    expect(["HTTP/1.1 400", "HTTP/1.1 401"]).toContain(answers[0]);
  });

  it("does not come with headers beyond 16 KiB, nor with a thousand of them", async () => {
    const many = Array.from({ length: 4_000 }, (_value, index) => `a${index}: 1\r\n`).join("");
    for (const headers of [`x: ${"a".repeat(17_000)}\r\n`, many]) {
      expect(await sendRaw(`GET /healthz HTTP/1.1\r\nhost: x\r\n${headers}connection: close\r\n\r\n`)).toEqual([
        "HTTP/1.1 400",
      ]);
    }
    expect(await sendRaw(`GET /healthz?${"a=b&".repeat(5_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toEqual(["HTTP/1.1 400"]);
  });
});
