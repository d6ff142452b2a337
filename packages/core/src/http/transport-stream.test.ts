import { buffer, text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import {
  cut,
  json,
  type LoopbackServer,
  type Reply,
  reset,
  stall,
  startServer,
} from "../../test/support/loopback-server.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

// An uncaught exception or an unhandled rejection fails the run: the tests in which nobody listens rely on that.
describe("Transport.stream", () => {
  let server: LoopbackServer;
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const clock = createFakeClock();
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], clock, ...options });
    open.push(transport);
    return transport;
  };
  const get = () => ({ method: "GET", url: `${server.origin}/a` }) as const;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  it("hands the body over while it arrives", async () => {
    let end = () => {};
    server.reply((response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" }).write("first\n");
      end = () => response.end("second\n");
    });
    const { status, headers, body } = await create().stream(get());
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "application/x-ndjson" });
    const pieces: string[] = [];
    for await (const piece of body) {
      pieces.push(String(piece));
      end();
    }
    expect(pieces).toEqual(["first\n", "second\n"]);
  });

  it("holds the vendor back when its reader is slow, however long that takes", async () => {
    const size = 8 * 1024 * 1024;
    let sent = false;
    server.reply((response) => {
      response.end(Buffer.alloc(size, "x"), () => {
        sent = true;
      });
    });
    const { body } = await create({ timeouts: { bodyMs: 500 } }).stream(get());
    const paused = performance.now();
    // The pause is longer than the body timeout, which counts only while we wait for the vendor.
    while (performance.now() - paused < 1_000) await turn();
    expect(sent).toBe(false);
    expect(await buffer(body)).toHaveLength(size);
  });

  it("keeps answers apart that wait for their reader, and what their readers keep", async () => {
    const transport = create();
    const readAll = async (letters: readonly string[]) => {
      const bodies = [];
      for (const letter of letters) {
        // A beginning of its own, as chunked answers have it, and more than is held of it.
        server.reply((response) => {
          response.write(letter);
          response.end(letter.repeat(300_000));
        });
        bodies.push((await transport.stream(get())).body);
      }
      return Promise.all(bodies.toReversed().map((body) => body.toArray()));
    };
    const kept = await readAll(["a", "b", "c"]);
    const next = await readAll(["d", "e", "f"]);
    const texts = [...kept, ...next].map((pieces) => pieces.join(""));
    expect(texts).toEqual(["c", "b", "a", "f", "e", "d"].map((letter) => letter.repeat(300_001)));
  });

  it.each<[string, Reply, string, string]>([
    ["is cut", cut("part"), "RESPONSE_CUT", "OUTCOME_UNKNOWN"],
    ["stalls", stall("part"), "TIMEOUT", "OUTCOME_UNKNOWN"],
  ])("fails its body when the answer %s, and does not repeat the request", async (_kind, reply, code, ofWrite) => {
    const transport = create({ timeouts: { bodyMs: code === "TIMEOUT" ? 100 : 15_000 } });
    server.reply(reply, reply);
    const { body } = await transport.stream(get());
    await expect(text(body)).rejects.toMatchObject({ code });
    const written = await transport.stream({ ...get(), method: "POST", body: "x" });
    await expect(text(written.body)).rejects.toMatchObject({ code: ofWrite });
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, Reply]>([
    ["is cut", cut("part")],
    ["stalls", stall("part")],
  ])("harms nobody when the answer %s and nobody listens", async (_kind, reply) => {
    server.reply(reply);
    const { body } = await create({ timeouts: { bodyMs: 20 } }).stream(get());
    await new Promise((resolve) => body.on("close", resolve));
    expect(body.errored).toMatchObject({ code: expect.stringMatching(/RESPONSE_CUT|TIMEOUT/) });
  });

  it("shows the failure to a reader that comes late", async () => {
    server.reply(cut("part"));
    const { body } = await create().stream(get());
    await new Promise((resolve) => body.on("close", resolve));
    await expect(text(body)).rejects.toMatchObject({ code: "RESPONSE_CUT" });
  });

  it("frees its place and its connection when the reader goes away", async () => {
    server.reply(stall("part"));
    const transport = create({ concurrency: 1 });
    const { body } = await transport.stream(get());
    body.destroy();
    expect((await transport.request(get())).status).toBe(200);
    expect(server.connections).toBe(2);
  });

  it("harms nobody when the reader goes away with an error of its own", async () => {
    server.reply(stall("part"));
    const { body } = await create().stream(get());
    body.destroy(new Error("reader"));
    await new Promise((resolve) => body.on("close", resolve));
    expect(body.errored?.message).toBe("reader");
  });

  it("repeats what fails before the headers are there, and lets go of answers that it does not hand over", async () => {
    const long: Reply = (response) => response.writeHead(503).end(Buffer.alloc(1024 * 1024));
    server.reply(reset(), json({}, 503), long);
    const { body } = await create({ concurrency: 1 }).stream(get());
    expect(await text(body)).toBe('{"ok":true}');
    expect(server.requests).toHaveLength(4);
  });

  it("has no size limit of its own, and keeps to one that is given", async () => {
    const reply: Reply = (response) => response.end(Buffer.alloc(5000));
    server.reply(reply, reply);
    const transport = create({ maxResponseBytes: 100 });
    expect(await buffer((await transport.stream(get())).body)).toHaveLength(5000);
    const limited = await transport
      .stream({ ...get(), maxResponseBytes: 4999 })
      .then(({ body }) => buffer(body))
      .catch((error: unknown) => error);
    expect(limited).toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  });

  it("ends with the caller's signal, also while the body is read", async () => {
    server.reply(stall("part"));
    const abort = new AbortController();
    const { body } = await create().stream({ ...get(), signal: abort.signal });
    const reading = text(body);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    await server.idle();
  });
});
