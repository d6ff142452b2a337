import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector, type StreamMessage } from "../../src/index.js";
import { startCometdServer } from "./cometd-server.js";

const channel = "/event/Order__e";
let server: Awaited<ReturnType<typeof startCometdServer>>;
let connector: SalesforceConnector;
let ending: AbortController;

beforeEach(async () => {
  ending = new AbortController();
  server = await startCometdServer();
  connector = createSalesforceConnector({
    clientId: "key",
    refreshToken: "refresh",
    loginUrl: server.url,
    allowedPrivateHosts: [new URL(server.url).host],
  });
});
afterEach(async () => {
  ending.abort();
  await connector.close();
  await server.close();
});

function publish(...numbers: number[]): void {
  for (const number of numbers) server.publish(channel, { Number__c: number, CreatedDate: new Date().toISOString() });
}

function numbersOf(messages: readonly StreamMessage[]): unknown[] {
  return messages.map(({ event }) => (event.kind === "platform" ? event.payload.Number__c : event.kind));
}

/** Subscribes, and waits until the subscription stands. */
async function subscribed(replayFrom?: number) {
  const options = { signal: ending.signal, ...(replayFrom !== undefined && { replayFrom }) };
  const batches = connector.streaming.batches(channel, options);
  const first = await batches.next();
  const taken: StreamMessage[] = [...(first.value?.messages ?? [])];
  return {
    async take(count: number): Promise<StreamMessage[]> {
      while (taken.length < count) {
        const { value, done } = await batches.next();
        if (done) throw new Error("The subscription came to an end.");
        taken.push(...value.messages);
      }
      return taken.splice(0, count);
    },
    end: () => batches.return(),
  };
}

describe("a subscription at CometD's own server", () => {
  it("gets what is published while it waits, and while it does not", async () => {
    const subscription = await subscribed();
    publish(1, 2);
    const first = await subscription.take(2);
    const waiting = subscription.take(1);
    setImmediate(() => publish(3));
    expect(numbersOf([...first, ...(await waiting)])).toEqual([1, 2, 3]);
  });

  it("connects again and again while nothing happens", async () => {
    const subscription = await subscribed();
    const waiting = subscription.take(1);
    while (server.requests.filter(({ kind }) => kind === "connect").length < 4) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    publish(1);
    expect(numbersOf(await waiting)).toEqual([1]);
    expect(server.requests.filter(({ kind }) => kind === "handshake")).toHaveLength(1);
  });

  it("sends the cookie of its session with everything but the handshake", async () => {
    const subscription = await subscribed();
    publish(1);
    await subscription.take(1);
    const [handshake, ...others] = server.requests;
    expect(handshake).toEqual({ kind: "handshake", cookie: undefined });
    expect(others.every(({ cookie }) => /^BAYEUX_BROWSER=\w+$/.test(cookie ?? ""))).toBe(true);
  });

  it("goes on behind the last event when the server has let its session go", async () => {
    const subscription = await subscribed();
    publish(1);
    await subscription.take(1);
    server.endSessions();
    publish(2, 3);
    expect(numbersOf(await subscription.take(2))).toEqual([2, 3]);
    expect(server.requests.filter(({ kind }) => kind === "handshake")).toHaveLength(2);
  });

  it("says goodbye", async () => {
    const subscription = await subscribed();
    await subscription.end();
    expect(server.requests.at(-1)?.kind).toBe("disconnect");
    publish(1, 2);
    const later = await subscribed(100);
    expect(numbersOf(await later.take(1))).toEqual([2]);
  });
});
