import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  json,
  type LoopbackServer,
  type Reply,
  silence,
  stall,
  startServer,
} from "../../test/support/loopback-server.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

const concurrency = 2;
const rounds = 3 * concurrency;

let server: LoopbackServer;
let transport: Transport;

beforeEach(async () => {
  server = await startServer();
  transport = createTransport({
    allowedHosts: [],
    allowedPrivateHosts: [server.host, "never.example:80"],
    lookup: () => undefined,
    concurrency,
    retry: { baseMs: 60_000, capMs: 60_000 },
    random: { number: () => 1, bytes: () => Buffer.alloc(0), uuid: () => "" },
  });
});

afterEach(async () => {
  await Promise.all([transport.close(), server.close()]);
});

describe("the places of an origin", () => {
  const get = (signal: AbortSignal) => ({ method: "GET", url: `${server.origin}/given-up`, signal }) as const;
  const phases: [name: string, reply: Reply, send: (signal: AbortSignal) => Promise<unknown>][] = [
    ["while no answer comes", silence(), (signal) => transport.request(get(signal))],
    ["while the body stalls", stall(), (signal) => transport.request(get(signal))],
    ["during the pause after a 429", json({}, 429), (signal) => transport.request(get(signal))],
    [
      "while the stream of the body is not read",
      stall(),
      async (signal) => {
        const { body } = await transport.stream(get(signal));
        await new Promise((_resolve, reject) => body.on("error", reject));
      },
    ],
  ];

  it.each(phases)("are free again after calls given up %s", async (_name, reply, send) => {
    for (let round = 1; round <= rounds; round += 1) {
      const controller = new AbortController();
      server.reply(reply);
      const sending = expect(send(controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
      await server.seen(round);
      // Half of them at once, half when what the server has said is there.
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await sending;
    }
    await expectAllPlaces();
  });

  it("are free again after calls given up while they waited for a place", async () => {
    server.reply(...Array.from({ length: concurrency }, silence));
    const holders = new AbortController();
    const held = Array.from({ length: concurrency }, () => transport.request(get(holders.signal)));
    await server.seen(concurrency);
    const waiters = Array.from({ length: rounds }, () => new AbortController());
    const waiting = waiters.map(({ signal }) => transport.request(get(signal)));
    // A place goes to one who is given up in the same moment.
    holders.abort();
    for (const waiter of waiters) waiter.abort();
    const results = await Promise.allSettled([...held, ...waiting]);
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    await expectAllPlaces();
  });

  it("settle every call that meets a close, each with its own answer or a ConnectorError", async () => {
    server.otherwise((response, request) => setImmediate(() => json({})(response, request)));
    const calls = Array.from({ length: 40 }, (_unused, index) =>
      index % 4 === 0
        ? transport.request({ method: "GET", url: "http://never.example/", timeouts: { connectMs: 50 } })
        : transport.request({ method: index % 2 === 0 ? "GET" : "POST", url: server.origin }),
    );
    await server.seen(1);
    const closing = transport.close();
    const results = await Promise.allSettled(calls);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: expect.any(String) });
    }
    await closing;
  });

  /** As many requests as there are places are at the server at once. */
  async function expectAllPlaces(): Promise<void> {
    const before = server.requests.length;
    const open: (() => void)[] = [];
    server.otherwise((response, request) => {
      open.push(() => json({})(response, request));
      if (open.length === concurrency) for (const answer of open) answer();
    });
    const calls = Array.from({ length: concurrency }, () =>
      transport.request({ method: "GET", url: `${server.origin}/after` }),
    );
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    expect(server.requests).toHaveLength(before + concurrency);
  }
});
