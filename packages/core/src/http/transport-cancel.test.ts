import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { json, type LoopbackServer, silence, stall, startServer } from "../../test/support/loopback-server.js";
import { type Clock, systemClock } from "../runtime/index.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("the caller's signal", () => {
  let server: LoopbackServer;
  let abort: AbortController;
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], ...options });
    open.push(transport);
    return transport;
  };
  const request = (method: "GET" | "POST" = "GET") =>
    ({ method, url: `${server.origin}/a`, signal: abort.signal }) as const;
  beforeEach(async () => {
    server = await startServer();
    abort = new AbortController();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  it.each(["GET", "POST"] as const)("that is aborted already sends no %s", async (method) => {
    abort.abort();
    await expect(create().request(request(method))).rejects.toMatchObject({ code: "CANCELLED", retryable: false });
    expect(server.connections).toBe(0);
  });

  it("ends the wait for a place, and the others keep their order", async () => {
    server.reply(silence());
    const transport = create({ concurrency: 1 });
    const abortFirst = new AbortController();
    const first = transport.request({ ...request("GET"), signal: abortFirst.signal });
    await server.seen(1);
    const second = transport.request(request("POST"));
    const third = transport.request({ method: "GET", url: `${server.origin}/third` });
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    abortFirst.abort();
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await third).status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(["/a", "/third"]);
  });

  it.each(["GET", "POST"] as const)("ends the wait for a connection of a %s", async (method) => {
    const transport = create({ allowedPrivateHosts: ["slow.example:80"], lookup: () => undefined });
    const sending = transport.request({ method, url: "http://slow.example/", signal: abort.signal });
    abort.abort(new Error("bored"));
    await expect(sending).rejects.toMatchObject({
      code: "CANCELLED",
      message: expect.stringContaining("nothing was sent"),
    });
  });

  it("keeps what was given up from being sent once its connection stands after all", async () => {
    const host = `slow.example:${server.port}`;
    const gate = Promise.withResolvers<void>();
    const transport = create({
      allowedPrivateHosts: [host],
      lookup: async (_name, _options, callback) => {
        await gate.promise;
        callback(null, [{ address: "127.0.0.1", family: 4 }]);
      },
      concurrency: 1,
    });
    const request = { method: "POST", url: `http://${host}/given-up`, body: "x", signal: abort.signal } as const;
    const sending = transport.request(request);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(sending).rejects.toMatchObject({ code: "CANCELLED" });
    gate.resolve();
    expect((await transport.request({ method: "GET", url: `http://${host}/next` })).status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(["/next"]);
  });

  it.each([
    ["GET", "CANCELLED"],
    ["POST", "OUTCOME_UNKNOWN"],
  ] as const)("ends the wait for the answer to a %s with %s", async (method, code) => {
    server.reply(silence());
    const sending = create().request(request(method));
    await server.seen(1);
    abort.abort();
    await expect(sending).rejects.toMatchObject({ code });
    await server.idle();
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["GET", "CANCELLED"],
    ["POST", "OUTCOME_UNKNOWN"],
  ] as const)("ends the reading of the answer to a %s with %s", async (method, code) => {
    server.reply(stall());
    const { body } = await create().stream(request(method));
    const reading = text(body);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code });
    await server.idle();
  });

  it("ends the pause before the next try", async () => {
    const pausing = Promise.withResolvers<void>();
    const clock: Clock = {
      now: systemClock.now,
      sleep: (ms, signal) => {
        pausing.resolve();
        return systemClock.sleep(ms, signal);
      },
    };
    server.reply(json({}, 503, { "retry-after": "50" }));
    const sending = create({ clock }).request(request());
    await pausing.promise;
    abort.abort();
    await expect(sending).rejects.toMatchObject({ code: "CANCELLED" });
    expect(server.requests).toHaveLength(1);
  });

  it("leaves no listener behind", async () => {
    const { signal } = abort;
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...parameters: Parameters<AbortSignal["addEventListener"]>) => {
      listeners++;
      add(...parameters);
    };
    signal.removeEventListener = (...parameters: Parameters<AbortSignal["removeEventListener"]>) => {
      listeners--;
      remove(...parameters);
    };
    const transport = create();
    await transport.request(request());
    await transport.request(request("POST"));
    expect(listeners).toBe(0);
  });
});
