import { systemRandom } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector, StreamMessage } from "../../src/index.js";
import { connectedTo, startSandbox } from "../connect.js";

const accounts = "/data/AccountChangeEvent";
const shipments = "/event/Shipment__e";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let ending: AbortController;
/** Milliseconds by which the sandbox's clock differs from ours. */
let offsetMs: number;

beforeEach(async () => {
  offsetMs = 0;
  ending = new AbortController();
  sandbox = await startSandbox({
    seed: false,
    clock: () => Date.now() + offsetMs,
    accessTokenLifetimeMs: 1_000_000_000_000,
  });
  // No time passes between two tries; that they are few is shown by counting them.
  connector = await connectedTo(sandbox, { random: { ...systemRandom, number: () => 0 } });
});
afterEach(async () => {
  ending.abort();
  await connector.close();
  await sandbox.close();
});

/** Subscribes, and waits until it stands. */
async function subscribed(channel: string, replayFrom?: number) {
  const options = { signal: ending.signal, ...(replayFrom !== undefined && { replayFrom }) };
  const batches = connector.streaming.batches(channel, options);
  await batches.next();
  const waiting: StreamMessage[] = [];
  return {
    /** The next events. */
    async take(count: number): Promise<StreamMessage[]> {
      while (waiting.length < count) {
        const { value, done } = await batches.next();
        if (done) throw new Error("The subscription came to an end.");
        waiting.push(...value.messages);
      }
      return waiting.splice(0, count);
    },
    end: () => batches.return(),
  };
}

async function createAccounts(...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const Name of names) ids.push((await connector.create("Account", { Name })).id);
  return ids;
}

function namesOf(messages: readonly StreamMessage[]): unknown[] {
  return messages.map(({ event }) => (event.kind === "change" ? event.fields.Name : event.kind));
}

const cometd = (kind: string) => sandbox.requests({ path: `/cometd/60.0/${kind}` });

describe("subscribe", () => {
  it("gives the changes of records with their fields, in order", async () => {
    const subscription = await subscribed(accounts);
    const [id = ""] = await createAccounts("One");
    await connector.update("Account", id, { NumberOfEmployees: 7 });
    await connector.delete("Account", id);
    const messages = await subscription.take(3);
    expect(messages.map(({ event }) => event)).toMatchObject([
      { kind: "change", changeType: "CREATE", entityName: "Account", recordIds: [id], fields: { Name: "One" } },
      { kind: "change", changeType: "UPDATE", recordIds: [id], fields: { NumberOfEmployees: 7 } },
      { kind: "change", changeType: "DELETE", recordIds: [id], fields: {} },
    ]);
    expect(messages[1]?.event).toMatchObject({ changedFields: expect.arrayContaining(["NumberOfEmployees"]) });
    expect(messages[1]?.event).not.toMatchObject({ fields: { Name: "One" } });
  });

  it("gives platform events", async () => {
    const subscription = await subscribed(shipments);
    await connector.create("Shipment__e", { Order_Number__c: "4711" });
    const [message] = await subscription.take(1);
    expect(message?.event).toMatchObject({ kind: "platform", payload: { Order_Number__c: "4711" } });
  });

  it("goes on behind the last event that was handled, also in another process", async () => {
    const first = await subscribed(accounts);
    await createAccounts("A", "B", "C");
    const [a] = await first.take(1);
    await first.end();
    const second = await subscribed(accounts, a?.replayId);
    await createAccounts("D");
    expect(namesOf(await second.take(3))).toEqual(["B", "C", "D"]);
  });

  it("asks for nothing while its reader is busy, and loses nothing when its session ends meanwhile", async () => {
    const subscription = await subscribed(accounts);
    await createAccounts("A");
    await subscription.take(1);
    const asked = sandbox.requests({ path: "/cometd" }).length;
    await createAccounts("B", "C");
    offsetMs += 60_000;
    expect(sandbox.requests({ path: "/cometd" })).toHaveLength(asked);
    expect(namesOf(await subscription.take(2))).toEqual(["B", "C"]);
    expect(cometd("handshake")).toHaveLength(2);
  });

  it("loses nothing before its first event either", async () => {
    offsetMs = -120_000;
    await createAccounts("Before");
    offsetMs = 0;
    const subscription = await subscribed(accounts);
    sandbox.endStreams();
    await createAccounts("A", "B");
    expect(namesOf(await subscription.take(2))).toEqual(["A", "B"]);
  });

  it("gives every event once whatever is cut", async () => {
    const subscription = await subscribed(accounts);
    const names: string[] = [];
    const told: unknown[] = [];
    for (const fault of [{ cutBody: true }, { cutAfter: true }, { cutBefore: true }, { status: 503 }] as const) {
      for (const skip of [0, 1, 2, 3]) {
        const name = `${JSON.stringify(fault)} after ${skip}`;
        names.push(name, `${name}, too`);
        sandbox.addFault({ path: "/cometd", skip, ...fault });
        await createAccounts(name, `${name}, too`);
        told.push(...namesOf(await subscription.take(2)));
      }
    }
    expect(told).toEqual(names);
  });

  it("renews a token that ended, and goes on", async () => {
    const subscription = await subscribed(accounts);
    await createAccounts("A");
    await subscription.take(1);
    sandbox.expireAccessTokens();
    await createAccounts("B");
    expect(namesOf(await subscription.take(1))).toEqual(["B"]);
  });

  it("says that the grant is gone", async () => {
    const subscription = await subscribed(accounts);
    sandbox.revokeGrants();
    await expect(subscription.take(1)).rejects.toMatchObject({ code: "RECONNECT_REQUIRED" });
  });

  it("reports a replay id that Salesforce does not keep any more as a gap", async () => {
    const subscription = await subscribed(accounts);
    await createAccounts("A");
    const [message] = await subscription.take(1);
    offsetMs += 73 * 3_600_000;
    const late = connector.streaming.subscribe(accounts, { replayFrom: message?.replayId ?? 0 });
    await expect(late.next()).rejects.toMatchObject({ code: "CURSOR_EXPIRED", retryable: false });
    // And the subscription that was quiet for so long tells the same, instead of going on behind the gap.
    await expect(subscription.take(1)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  it("hands out gaps and overflows as what they are", async () => {
    const subscription = await subscribed(accounts);
    sandbox.publishGap({ changeType: "GAP_UPDATE", entityName: "Account", recordIds: ["001000000000001AAA"] });
    sandbox.publishGap({ changeType: "GAP_OVERFLOW", entityName: "Account" });
    const messages = await subscription.take(2);
    expect(messages.map(({ event }) => event)).toMatchObject([
      { kind: "gap", changeType: "UPDATE", recordIds: ["001000000000001AAA"] },
      { kind: "overflow", entityName: "Account" },
    ]);
  });

  it("refuses what is no channel before anything is sent, and tells of one that is not there or not allowed", async () => {
    await expect(connector.streaming.subscribe("/meta/connect").next()).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(sandbox.requests({ path: "/cometd" })).toEqual([]);
    await expect(connector.streaming.subscribe("/data/NothingChangeEvent").next()).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(connector.streaming.subscribe("/event/Nothing__e").next()).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  it("ends with CANCELLED, and tells Salesforce that nobody listens any more", async () => {
    const subscription = await subscribed(accounts);
    const waiting = subscription.take(1);
    ending.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    expect(cometd("disconnect")).toHaveLength(1);
  });

  it("ends with its connector, which does not wait for it", async () => {
    const subscription = await subscribed(accounts);
    const waiting = expect(subscription.take(1)).rejects.toMatchObject({ code: "CANCELLED" });
    await connector.close();
    await waiting;
  });

  it("gives up after ten tries in a row that failed", async () => {
    const subscription = await subscribed(accounts);
    sandbox.addFault({ path: "/cometd", status: 503, times: 100 });
    await expect(subscription.take(1)).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    expect([...cometd("handshake"), ...cometd("connect")]).toHaveLength(11);
  });
});
