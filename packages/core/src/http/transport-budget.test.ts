import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import { json, type LoopbackServer, startServer } from "../../test/support/loopback-server.js";
import { type CallBudget, joinBudgets } from "./call-budget.js";
import type { TransportOptions } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

/** A budget that notes what it is asked and told. */
function noting(name: string, notes: string[], stale: boolean[] = []): CallBudget {
  return {
    async acquire(signal) {
      signal.throwIfAborted();
      notes.push(`${name} gives`);
      const isStale = stale.shift() ?? false;
      return { isCurrent: () => !isStale, release: () => void notes.push(`${name} gets back`) };
    },
    pause: (milliseconds) => void notes.push(`${name} pauses for ${milliseconds}`),
    observeQuota: (used, max) => void notes.push(`${name} hears ${used}/${max}`),
  };
}

describe("a budget", () => {
  let server: LoopbackServer;
  let notes: string[];
  const open: Transport[] = [];
  const create = (options: Partial<TransportOptions> = {}) => {
    const transport = createTransport({
      allowedHosts: [],
      allowedPrivateHosts: [server.host],
      clock: createFakeClock(),
      ...options,
    });
    open.push(transport);
    return transport;
  };
  const get = (budget?: CallBudget) =>
    ({ method: "GET", url: `${server.origin}/a`, ...(budget && { budget }) }) as const;
  beforeEach(async () => {
    notes = [];
    server = await startServer();
  });
  afterEach(async () => {
    await Promise.all([...open.splice(0).map((transport) => transport.close()), server.close()]);
  });

  it("is asked before each try and gets its place back after it", async () => {
    server.reply(json({}, 503));
    const transport = create({ ratePerSecond: 0.001, budget: noting("the transport's", notes) });
    expect((await transport.request(get())).status).toBe(200);
    expect(notes).toEqual(Array(2).fill(["the transport's gives", "the transport's gets back"]).flat());
  });

  it("of the request goes before the transport's", async () => {
    const transport = create({ budget: noting("the transport's", notes) });
    await transport.request(get(noting("ours", notes)));
    expect(notes).toEqual(["ours gives", "ours gets back"]);
  });

  it("is asked again when its moment passed while the try waited for a place", async () => {
    await create().request(get(noting("ours", notes, [true])));
    expect(notes).toEqual(["ours gives", "ours gets back", "ours gives", "ours gets back"]);
  });

  it("hears how long the vendor wants to be left alone", async () => {
    server.reply((response) => void response.writeHead(429, { "retry-after": "7" }).end());
    await create({ retry: { rateLimited: "return" } }).request(get(noting("ours", notes)));
    expect(notes).toContain("ours pauses for 7000");
  });

  it("that gives no leave sends nothing", async () => {
    const refusing: CallBudget = { ...noting("ours", notes), acquire: () => Promise.reject(new RangeError("used up")) };
    await expect(create().request(get(refusing))).rejects.toThrow("used up");
    expect(server.requests).toHaveLength(0);
  });

  it("gets everything back from a caller who gave up", async () => {
    const ending = new AbortController();
    const held = noting("ours", notes);
    const waiting: CallBudget = {
      ...held,
      acquire: (signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
    };
    const request = create().request({ ...get(waiting), signal: ending.signal });
    ending.abort();
    await expect(request).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("joined with another gives leave only where both do at once", async () => {
    const both = joinBudgets(noting("first", notes, [false, false]), noting("last", notes, [true, false]));
    const permit = await both.acquire(new AbortController().signal);
    permit.release();
    both.pause(5);
    expect(notes).toEqual([
      "first gives",
      "last gives",
      "last gets back",
      "first gets back",
      "first gives",
      "last gives",
      "first gets back",
      "last gets back",
      "last pauses for 5",
    ]);
  });
});
