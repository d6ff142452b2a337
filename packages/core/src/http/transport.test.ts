import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import { json, type LoopbackServer, raw, stall, startServer } from "../../test/support/loopback-server.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("createTransport", () => {
  let server: LoopbackServer;
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const clock = createFakeClock();
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], clock, ...options });
    open.push(transport);
    return transport;
  };
  const get = (path = "/") => ({ method: "GET", url: `${server.origin}${path}` }) as const;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  it("sends a request as it is and reads the whole answer", async () => {
    server.reply(json({ Id: "1" }, 201, { "x-trace": "t" }));
    const response = await create().request({
      method: "POST",
      url: `${server.origin}/records?limit=1&q=a%20b#fragment`,
      headers: { "Content-Type": "application/json" },
      body: '{"a":1}',
    });
    expect(response).toMatchObject({ status: 201, headers: { "x-trace": "t" } });
    expect(response.json()).toEqual({ Id: "1" });
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        path: "/records?limit=1&q=a%20b",
        body: '{"a":1}',
        headers: { "content-type": "application/json" },
      },
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ "user-agent": "isthmus" });
    expect(server.requests[0]?.headers).not.toHaveProperty("accept-encoding");
  });

  it("sends MERGE, bytes and a user agent of the caller's", async () => {
    const transport = create({ userAgent: "acme/1.0" });
    await transport.request({ ...get(), method: "MERGE", body: Buffer.from("bytes") });
    await transport.request({ ...get(), headers: { "User-Agent": "own" } });
    expect(server.requests).toMatchObject([
      { method: "MERGE", body: "bytes", headers: { "user-agent": "acme/1.0" } },
      { headers: { "user-agent": "own" } },
    ]);
  });

  it("reads text and JSON without a byte order mark", async () => {
    server.reply((response) => response.end('\u{feff}{"name":"Zoë"}'));
    const response = await create().request(get());
    expect(response.text()).toBe('{"name":"Zoë"}');
    expect(response.json()).toEqual({ name: "Zoë" });
  });

  it("says what it got in place of JSON, without quoting it", async () => {
    server.reply((response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>secret-page</html>"),
    );
    const response = await create().request(get());
    expect(() => response.json()).toThrow(expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }));
    expect(() => response.json()).toThrow(/^(?!.*secret-page).*text\/html/);
  });

  it("takes a redirect for an answer", async () => {
    server.reply(json({}, 302, { location: `${server.origin}/elsewhere` }));
    const response = await create().request({ ...get(), headers: { authorization: "Bearer token" } });
    expect(response.status).toBe(302);
    expect(server.requests).toHaveLength(1);
  });

  it("keeps headers that come several times apart", async () => {
    server.reply((response) => response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end());
    expect((await create().request(get())).headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  it("refuses an address that is not allowed before anything is sent", async () => {
    const transport = create();
    await expect(transport.request({ method: "GET", url: "https://evil.example/" })).rejects.toMatchObject({
      code: "FORBIDDEN_TARGET",
    });
    expect(() => transport.assertAllowed("http://127.0.0.1:1/")).toThrow(
      expect.objectContaining({ code: "FORBIDDEN_TARGET" }),
    );
    expect(() => transport.assertAllowed(`${server.origin}/a`)).not.toThrow();
  });

  it.each([
    ["a host header", { Host: "evil.example" }],
    ["a line break in a header", { "x-a": "1\r\nx-b: 2" }],
    ["a broken header name", { "x a": "1" }],
    ["a transfer encoding", { "transfer-encoding": "chunked" }],
  ])("refuses %s before anything is sent", async (_kind, headers) => {
    await expect(create().request({ ...get(), headers })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(server.connections).toBe(0);
  });

  it.each([
    { concurrency: 0 },
    { ratePerSecond: 0 },
    { maxResponseBytes: -1 },
    { timeouts: { bodyMs: 0 } },
    { retry: { maxAttempts: Number.NaN } },
  ])("refuses the option %j", (options) => {
    expect(() => create(options)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("changes nothing for a proxy or TLS variable in the environment", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: "http://127.0.0.1:9",
      http_proxy: "http://127.0.0.1:9",
      NODE_USE_ENV_PROXY: "1",
    });
    try {
      expect((await create().request(get())).status).toBe(200);
    } finally {
      process.env = before;
    }
  });

  describe("limits the size of an answer", () => {
    const body = "x".repeat(2000);

    it("by its content-length, before reading it", async () => {
      server.reply(stall(body));
      const request = { ...get(), maxResponseBytes: 999 };
      await expect(create().request(request)).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE", retryable: false });
      expect(server.requests).toHaveLength(1);
    });

    it("while reading it, where no length is given", async () => {
      server.reply((response) => response.write(body));
      await expect(create({ maxResponseBytes: 1999 }).request(get())).rejects.toMatchObject({
        code: "RESPONSE_TOO_LARGE",
      });
      expect(server.requests).toHaveLength(1);
    });

    it("and takes one that just fits", async () => {
      server.reply((response) => response.end(body));
      expect((await create({ maxResponseBytes: 2000 }).request(get())).body).toHaveLength(2000);
    });

    it("and reads no more than a content-length that lies", async () => {
      server.reply(raw(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n${body}`));
      expect((await create({ maxResponseBytes: 10 }).request(get())).text()).toBe("xxxxx");
    });

    it("for a write that took effect as an unknown outcome", async () => {
      server.reply((response) => response.end(body));
      const sending = create({ maxResponseBytes: 10 }).request({ ...get(), method: "POST", body: "x" });
      await expect(sending).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    });

    it("but not what a HEAD's content-length speaks of", async () => {
      server.reply((response) => response.writeHead(200, { "content-length": "5000" }).end());
      expect((await create({ maxResponseBytes: 10 }).request({ ...get(), method: "HEAD" })).status).toBe(200);
    });
  });

  it("tells an observer of each try, without path, query, headers or body", async () => {
    const events: unknown[] = [];
    server.reply(json({}, 503));
    const transport = create({
      observer: { attemptStarted: (event) => events.push(event), attemptEnded: (event) => events.push(event) },
    });
    await transport.request({ ...get("/records/001?token=secret"), name: "records.retrieve" });
    const started = { name: "records.retrieve", method: "GET", origin: server.origin };
    const ended = { errorCode: undefined, headersMs: 0, durationMs: 0 };
    expect(events).toEqual([
      { ...started, attempt: 1 },
      { ...started, ...ended, attempt: 1, status: 503 },
      { ...started, attempt: 2 },
      { ...started, ...ended, attempt: 2, status: 200 },
    ]);
  });

  it("goes on when an observer throws", async () => {
    const fail = () => {
      throw new Error("observer");
    };
    const transport = create({ observer: { attemptStarted: fail, attemptEnded: fail } });
    expect((await transport.request(get())).status).toBe(200);
  });
});
