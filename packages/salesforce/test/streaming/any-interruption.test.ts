import { codeOf, systemClock, systemRandom } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SalesforceConnector, StreamMessage } from "../../src/index.js";
import { connectedTo, startSandbox } from "../connect.js";

const channel = "/data/AccountChangeEvent";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let offsetMs = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false, clock: () => Date.now() + offsetMs, accessTokenLifetimeMs: 1e12 });
  connector = await connectedTo(sandbox, {
    random: { ...systemRandom, number: () => 0 },
    clock: { ...systemClock, now: () => Date.now() + offsetMs },
  });
});
afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

const fault = fc.constantFrom(
  ...([{ cutBody: true }, { cutAfter: true }, { cutBefore: true }, { status: 503 }] as const),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      fault,
      skip: fc.nat(3),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom(...(["end-sessions", "end-tokens", "be-slow", "restart"] as const)) }),
  },
);

/** A reader that keeps what it was told, and how far that was. */
class Reader {
  readonly told: unknown[] = [];
  #replayId = -1;
  #messages: AsyncGenerator<StreamMessage, void> | undefined;

  async take(count: number): Promise<void> {
    for (let taken = 0; taken < count; ) {
      this.#messages ??= connector.streaming.subscribe(channel, { replayFrom: this.#replayId });
      try {
        const { value, done } = await this.#messages.next();
        if (done) throw new Error("The subscription came to an end.");
        this.told.push(value.event.kind === "change" ? value.event.fields.Name : value.event.kind);
        this.#replayId = value.replayId;
        taken += 1;
      } catch (error) {
        // Too many faults in a row: it has said so, and another one goes on from what was stored.
        if (!["VENDOR_UNAVAILABLE", "CONNECTION_FAILED", "RESPONSE_CUT"].includes(codeOf(error))) {
          throw error;
        }
        await this.restart();
      }
    }
  }

  /** Another process, which knows what was stored. */
  async restart(): Promise<void> {
    await this.#messages?.return();
    this.#messages = undefined;
  }
}

let made = 0;
async function create(count: number): Promise<string[]> {
  const names: string[] = [];
  for (let at = 0; at < count; at += 1) {
    made += 1;
    const Name = `Account ${made}`;
    await connector.create("Account", { Name });
    names.push(Name);
  }
  return names;
}

it("tells every event once and in order, whatever is interrupted and how often", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const reader = new Reader();
      // The first event gives the reader an id to go on from; until then it would be told of the minute before.
      const first = reader.take(1);
      while (!sandbox.requests({ path: "/cometd/60.0/connect" }).length) await new Promise(setImmediate);
      const names = await create(1);
      await first;
      for (const each of steps) {
        if (each.do === "create") names.push(...(await create(each.count)));
        else if (each.do === "take") await reader.take(Math.min(each.count, names.length - reader.told.length));
        else if (each.do === "fault")
          sandbox.addFault({ path: "/cometd", skip: each.skip, times: each.times, ...each.fault });
        else if (each.do === "end-sessions") sandbox.endStreams();
        else if (each.do === "end-tokens") {
          // A token that ends as soon as it was granted is another matter: renewals then wait.
          offsetMs += 600_000;
          sandbox.expireAccessTokens();
        } else if (each.do === "be-slow") offsetMs += 60_000;
        else await reader.restart();
      }
      await reader.take(names.length - reader.told.length);
      expect(reader.told).toEqual(names);
      await reader.restart();
      sandbox.clearFaults();
      sandbox.clearRequests();
    }),
    { numRuns: 60, timeout: 8_000 },
  );
});
