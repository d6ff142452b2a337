import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import { json, type LoopbackServer, type Reply, silence, startServer } from "../../test/support/loopback-server.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("connections", () => {
  let server: LoopbackServer;
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], ...options });
    open.push(transport);
    return transport;
  };
  const get = (path = "/a") => ({ method: "GET", url: `${server.origin}${path}` }) as const;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  it("are kept and used again", async () => {
    const transport = create({ concurrency: 1 });
    for (let index = 0; index < 5; index++) await transport.request(get());
    expect(server.connections).toBe(1);
  });

  it("are not shared by two transports", async () => {
    const [one, other] = [create({ concurrency: 1 }), create({ concurrency: 1 })];
    await one.request(get());
    await other.request(get());
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 1]);
    await one.close();
    expect((await other.request(get())).status).toBe(200);
    expect(server.requests.at(-1)?.connection).toBe(1);
  });

  it("are never more than the concurrency; the requests go in the order in which they came", async () => {
    const held: (() => void)[] = [];
    // Answers only once three requests are there: a lower limit would wait for ever, a higher one opens more connections.
    const reply: Reply = (response) => {
      held.push(() => response.end());
      if (held.length < 3) return;
      setImmediate(() => {
        for (const answer of held.splice(0)) answer();
      });
    };
    server.reply(...Array.from({ length: 12 }, () => reply));
    const transport = create({ concurrency: 3 });
    await Promise.all(Array.from({ length: 12 }, (_, index) => transport.request(get(`/${index}`))));
    expect(server.connections).toBe(3);
    // Three are on their way at once, so each may overtake two.
    const asked = server.requests.map(({ path }) => Number(path.slice(1)));
    for (const [position, index] of asked.entries()) expect(Math.abs(position - index)).toBeLessThan(3);
  });

  it("are told as they are: open, in use, and waited for", async () => {
    const held: (() => void)[] = [];
    const reply: Reply = (response) => {
      held.push(() => response.end());
    };
    server.reply(...Array.from({ length: 5 }, () => reply));
    const transport = create({ concurrency: 2 });
    expect(transport.pool()).toEqual({ name: "connections", open: 0, busy: 0, waiting: 0 });
    const answers = Array.from({ length: 5 }, () => transport.request(get()));
    await expect.poll(() => held.length, { interval: 5 }).toBe(2);
    expect(transport.pool()).toEqual({ name: "connections", open: 2, busy: 2, waiting: 3 });
    for (let left = answers.length; left > 0; left -= 1) {
      await expect.poll(() => held.length, { interval: 5 }).toBeGreaterThan(0);
      held.shift()?.();
    }
    await Promise.all(answers);
    expect(transport.pool()).toEqual({ name: "connections", open: 2, busy: 0, waiting: 0 });
  });

  it("are spaced by the rate, over all tries", async () => {
    const clock = createFakeClock();
    const transport = create({ ratePerSecond: 4, clock, retry: { baseMs: 0 } });
    server.reply(json({}, 503));
    await Promise.all(Array.from({ length: 4 }, () => transport.request(get())));
    expect(clock.sleeps.filter((ms) => ms > 0)).toEqual([250, 250, 250, 250]);
  });

  it("are spaced by the rate, no more, after the clock was set back", async () => {
    const clock = createFakeClock();
    let offsetMs = 0;
    const moved = { now: () => clock.now() + offsetMs, sleep: clock.sleep.bind(clock) };
    const transport = create({ ratePerSecond: 4, clock: moved });
    await transport.request(get());
    offsetMs = -3_600_000;
    await Promise.all([transport.request(get()), transport.request(get())]);
    expect(clock.sleeps).toEqual([250, 250]);
  });

  it("that are idle end at once when the transport is closed; those at work are waited for", async () => {
    const transport = create();
    await transport.request(get());
    let answer = () => {};
    server.reply((response) => {
      answer = () => response.end("late");
    });
    const working = transport.request(get());
    await server.seen(2);
    const closing = transport.close();
    await expect(transport.request(get())).rejects.toMatchObject({ code: "CANCELLED" });
    answer();
    expect((await working).text()).toBe("late");
    await closing;
    await server.idle();
    await transport.close();
  });

  it("that are waited for are not, once the transport is closed", async () => {
    const transport = create({ concurrency: 1 });
    server.reply(silence());
    const abort = new AbortController();
    const working = transport.request({ ...get(), signal: abort.signal });
    const waiting = transport.request(get());
    await server.seen(1);
    const closing = transport.close();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    abort.abort();
    await expect(working).rejects.toMatchObject({ code: "CANCELLED" });
    await closing;
  });

  it("that nobody waits for any more do not hold up the closing", async () => {
    const options = {
      allowedPrivateHosts: ["slow.example:80"],
      lookup: () => undefined,
      timeouts: { connectMs: 600_000 },
    };
    const transport = create(options);
    const request = {
      method: "GET",
      url: "http://slow.example/",
      timeouts: { connectMs: 20 },
      maxAttempts: 1,
    } as const;
    await expect(transport.request(request)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    await transport.close();
  });

  it("that are idle do not keep the process alive", async () => {
    // In a process of its own, so that only our side of the connection is counted here.
    const script = `require("http").createServer((q, s) => s.end("ok")).listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [port] = await once(child.stdout, "data");
      const host = `127.0.0.1:${String(port).trim()}`;
      const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
      const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
      const [before, timersBefore] = [sockets(), timers()];
      await create({ allowedPrivateHosts: [host] }).request({ method: "GET", url: `http://${host}/` });
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      expect(sockets()).toBe(before);
      expect(timers()).toBeLessThanOrEqual(timersBefore);
    } finally {
      child.kill();
    }
  });
});
