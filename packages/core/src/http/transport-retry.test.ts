import { createServer } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.js";
import {
  cut,
  json,
  type LoopbackServer,
  type Reply,
  raw,
  reset,
  silence,
  stall,
  startServer,
} from "../../test/support/loopback-server.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("a failed try", () => {
  let server: LoopbackServer;
  let clock: FakeClock;
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const random = { number: () => 0.5, bytes: (length: number) => Buffer.alloc(length), uuid: () => "" };
    const transport = createTransport({
      allowedHosts: [],
      allowedPrivateHosts: [server.host],
      clock,
      random,
      ...options,
    });
    open.push(transport);
    return transport;
  };
  const get = () => ({ method: "GET", url: `${server.origin}/a` }) as const;
  const post = () => ({ method: "POST", url: `${server.origin}/a`, body: "x", reconcile: "Query it." }) as const;
  beforeEach(async () => {
    server = await startServer();
    clock = createFakeClock();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  const fast = { headersMs: 150, bodyMs: 150 };
  const patient = { headersMs: 15_000, bodyMs: 15_000 };
  it.each<[string, Reply, string]>([
    ["a reset", reset(), "CONNECTION_FAILED"],
    ["no answer in time", silence(), "TIMEOUT"],
    ["a cut answer", cut(), "RESPONSE_CUT"],
    ["an answer that stalls", stall(), "TIMEOUT"],
    [
      "a cut answer without length",
      raw("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello"),
      "RESPONSE_CUT",
    ],
  ])("by %s is repeated when idempotent, and once sent never when not", async (_kind, reply, code) => {
    const transport = create({ retry: { maxAttempts: 3 }, timeouts: code === "TIMEOUT" ? fast : patient });
    server.reply(reply, reply);
    expect((await transport.request(get())).json()).toEqual({ ok: true });
    expect(server.requests).toHaveLength(3);

    server.reply(reply, reply, reply);
    await expect(transport.request(get())).rejects.toMatchObject({ code, retryable: true });
    expect(server.requests).toHaveLength(6);

    server.reply(reply);
    await expect(transport.request(post())).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryable: false,
      reconcile: "Query it.",
    });
    expect(server.requests).toHaveLength(7);
  });

  it("is repeated for a POST that says it is idempotent, and not for a PUT that says it is not", async () => {
    const transport = create();
    server.reply(reset());
    expect((await transport.request({ ...post(), idempotent: true })).status).toBe(200);
    server.reply(reset());
    const sending = transport.request({ ...post(), method: "PUT", idempotent: false });
    await expect(sending).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(server.requests).toHaveLength(3);
  });

  it("on a kept connection that the server has closed meanwhile is an unknown outcome for a write", async () => {
    const transport = create({ concurrency: 1 });
    await transport.request(get());
    server.reply(reset());
    await expect(transport.request(post())).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0]);
  });

  it("of no valid HTTP is not repeated", async () => {
    server.reply(raw("not http at all\r\n\r\n"));
    await expect(create().request(get())).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE", retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it.each(["GET", "POST"] as const)(
    "without a connection is repeated for %s, since nothing was sent",
    async (method) => {
      // A port that nobody listens on: taken, then given back.
      const holder = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => holder.on("listening", resolve));
      const address = holder.address();
      const port = typeof address === "object" ? address?.port : undefined;
      await new Promise((resolve) => holder.close(resolve));
      const transport = create({ allowedPrivateHosts: [`127.0.0.1:${port}`] });
      const sending = transport.request({ method, url: `http://127.0.0.1:${port}/` });
      await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED", retryable: true });
      expect(clock.sleeps).toEqual([125, 250, 500]);
    },
  );

  it("because of a name that does not resolve is repeated, and then says so", async () => {
    let asked = 0;
    const transport = create({
      allowedPrivateHosts: ["sap.corp.example:8000"],
      retry: { maxAttempts: 2 },
      lookup: (_hostname, _options, callback) => {
        asked++;
        callback(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }), []);
      },
    });
    const sending = transport.request({ method: "POST", url: "http://sap.corp.example:8000/" });
    await expect(sending).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("ENOTFOUND"),
    });
    expect(asked).toBe(2);
  });

  it("without a connection in time is a failed connection", async () => {
    // A resolver that never answers holds the connection up for as long as anyone waits.
    const transport = create({ allowedPrivateHosts: ["slow.example:80"], lookup: () => undefined });
    const request = {
      method: "POST",
      url: "http://slow.example/",
      timeouts: { connectMs: 20 },
      maxAttempts: 2,
    } as const;
    await expect(transport.request(request)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(clock.sleeps).toHaveLength(1);
  });

  describe("answered with a status", () => {
    it.each([
      [429, 4, 4],
      [408, 4, 1],
      [502, 4, 1],
      [503, 4, 1],
      [504, 4, 1],
      [500, 2, 1],
      [501, 1, 1],
      [404, 1, 1],
      [302, 1, 1],
    ])(
      "%i is sent %i times for a GET and %i times for a POST; then the answer is returned",
      async (status, reads, writes) => {
        const answers = (count: number) => Array.from({ length: count }, () => json({ status }, status));
        const transport = create();
        server.reply(...answers(reads));
        expect((await transport.request(get())).json()).toEqual({ status });
        expect(server.requests).toHaveLength(reads);
        server.reply(...answers(writes));
        expect((await transport.request(post())).json()).toEqual({ status });
        expect(server.requests).toHaveLength(reads + writes);
      },
    );

    it("is repeated after pauses that double up to a cap, with full jitter", async () => {
      const transport = create({ retry: { maxAttempts: 6, baseMs: 100, capMs: 500 } });
      server.reply(...Array.from({ length: 6 }, () => json({}, 503)));
      await transport.request(get());
      expect(clock.sleeps).toEqual([50, 100, 200, 250, 250]);
    });

    it("is repeated when the server says", async () => {
      const date = new Date(clock.now() + 30_000).toUTCString();
      server.reply(json({}, 429, { "retry-after": "7" }), json({}, 503, { "retry-after": date }));
      expect((await create().request(get())).status).toBe(200);
      expect(clock.sleeps).toEqual([7000, 23_000]);
    });

    it("is returned when the server wants a longer pause than we take", async () => {
      server.reply(json({}, 429, { "retry-after": "61" }));
      expect((await create().request(get())).status).toBe(429);
      expect(clock.sleeps).toEqual([]);
    });

    it("is returned at once where the request allows one try only", async () => {
      server.reply(json({}, 503));
      expect((await create().request({ ...get(), maxAttempts: 1 })).status).toBe(503);
    });

    it("is answered at once with a 429 that the vendor's own words have to be read for", async () => {
      server.reply(json({ reason: "monthly quota" }, 429));
      const response = await create({ retry: { rateLimited: "return" } }).request(get());
      expect([response.status, server.requests.length]).toEqual([429, 1]);
    });

    it("is refused work even if its body is cut: a 429 is repeated for a write", async () => {
      server.reply(cut("{", 429));
      expect((await create().request(post())).status).toBe(200);
      expect(server.requests).toHaveLength(2);
    });
  });

  describe("of a request whose body is a stream", () => {
    it("is never repeated", async () => {
      server.reply(json({}, 503));
      const response = await create().request({ ...get(), method: "PUT", body: Readable.from(["a", "b"]) });
      expect(response.status).toBe(503);
      expect(server.requests).toMatchObject([{ body: "ab" }]);
    });

    it("lets go of the stream when it is refused or fails before it is sent", async () => {
      const [refused, unconnected] = [new Readable({ read() {} }), new Readable({ read() {} })];
      const transport = create({
        allowedPrivateHosts: ["none.example:80"],
        lookup: (_name, _options, callback) => callback(new Error("none"), []),
      });
      await expect(transport.request({ ...post(), body: refused })).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
      const sending = transport.request({ method: "PUT", url: "http://none.example/", body: unconnected });
      await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
      expect(refused.destroyed && unconnected.destroyed).toBe(true);
    });

    it("that fails while it waits for its place sends nothing", async () => {
      const transport = create({ concurrency: 1 });
      let answer = () => {};
      server.reply((response) => {
        answer = () => response.end();
      });
      const working = transport.request(get());
      const body = new Readable({ read() {} });
      const waiting = transport.request({ ...post(), body });
      await server.seen(1);
      body.destroy(new Error("source"));
      answer();
      await working;
      await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
      expect(server.requests).toHaveLength(1);
    });

    it("that fails itself ends the request", async () => {
      const broken = () =>
        Readable.from(
          (async function* () {
            yield "part";
            throw new Error("source");
          })(),
        );
      const transport = create();
      await expect(transport.request({ ...post(), method: "PUT", body: broken() })).rejects.toMatchObject({
        code: "CANCELLED",
      });
      await expect(transport.request({ ...post(), body: broken() })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    });
  });
});
