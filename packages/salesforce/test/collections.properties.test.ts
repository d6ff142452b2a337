import type { FaultRule, SalesforceSandbox } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RecordInput, RecordResult, SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const path = "/services/data/v60.0/composite/sobjects";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

afterAll(() => sandbox.close());

const kinds: readonly FaultRule[] = [
  { cutBefore: true },
  { cutAfter: true },
  { cutBody: true },
  { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "Server too busy" }] },
  { status: 401, body: [{ errorCode: "INVALID_SESSION_ID", message: "Session expired" }] },
  { status: 504, body: "<html>Gateway Timeout</html>" },
  { status: 200, body: "<html>Down for maintenance</html>" },
  { status: 200, body: [] },
];

const faults = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    skip: fc.integer({ min: 0, max: 4 }),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 4 },
);

/** A number of its own for each record, and some that Salesforce refuses. */
const records = fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 2, max: 50 })).map(([count, nth]) =>
  Array.from({ length: count }, (_unused, index) => ({
    LastName: `${index}`,
    ...(index % nth !== 1 && { Company: "x" }),
  })),
);

async function* give(given: readonly RecordInput[]) {
  yield* given;
}

/** Until it ends, or fails with what every further request would meet. */
async function readInto(results: RecordResult[], stream: AsyncIterable<RecordResult>): Promise<void> {
  try {
    for await (const result of stream) results.push(result);
  } catch (error) {
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED" });
  }
}

async function start(given: readonly { kind: FaultRule; skip: number; times: number }[]): Promise<void> {
  sandbox.reset();
  sandbox.configure({ skipConsent: true });
  connector = await connectedTo(sandbox, { clock: new FakeClock() });
  for (const { kind, skip, times } of given) sandbox.addFault({ path, skip, times, ...kind });
}

async function storedNames(): Promise<string[]> {
  sandbox.clearFaults();
  const { records: stored } = await connector.queryAllRecords("SELECT LastName FROM Lead");
  await connector.close();
  return stored.map(({ LastName }) => String(LastName));
}

it("tells of each record of a create, whatever goes wrong, what is true: stored once, not stored, or not known", async () => {
  const property = fc.asyncProperty(
    records,
    faults,
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
    async (given, plan, concurrency, streamed) => {
      await start(plan);
      const results: RecordResult[] = [];
      if (streamed) await readInto(results, connector.collections.create("Lead", give(given), { concurrency }));
      else results.push(...(await connector.collections.create("Lead", given, { concurrency })));
      if (!streamed) expect(results).toHaveLength(given.length);
      const stored = await storedNames();
      const times = new Map<string, number>();
      for (const name of stored) times.set(name, (times.get(name) ?? 0) + 1);
      for (const [index, { id, error }] of results.entries()) {
        const count = times.get(String(index)) ?? 0;
        if (error === undefined) expect([index, typeof id, count]).toEqual([index, "string", 1]);
        else if (error.code === "OUTCOME_UNKNOWN") expect(count).toBeLessThanOrEqual(1);
        else expect([index, error.code, count]).toEqual([index, error.code, 0]);
      }
      // Without a result it was not sent.
      expect(stored.filter((name) => Number(name) >= results.length)).toEqual([]);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

it("leaves of each upsert and deletion, whatever goes wrong, one record or none, as the results say", async () => {
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 500 }), faults, async (count, plan) => {
    await start(plan);
    const accounts = Array.from({ length: count }, (_unused, index) => ({
      Name: `${index}`,
      External_Id__c: `key-${index}`,
    }));
    const upserted = await connector.collections.upsert("Account", "External_Id__c", accounts);
    expect(upserted.filter(({ error }) => error?.code === "OUTCOME_UNKNOWN")).toEqual([]);
    sandbox.clearFaults();
    const again = await connector.collections.upsert("Account", "External_Id__c", accounts);
    expect(again.filter(({ error }) => error)).toEqual([]);
    expect(await connector.count("Account")).toBe(count);
    for (const { kind, skip, times } of plan) sandbox.addFault({ path, skip, times, ...kind });
    const ids = again.map(({ id }) => id ?? "");
    const deleted = await connector.collections.delete(ids);
    sandbox.clearFaults();
    const left = await connector.collections.retrieve("Account", ids, ["Id"]);
    for (const [index, { error }] of deleted.entries()) if (error === undefined) expect(left[index]).toBeNull();
    await connector.close();
  });
  await fc.assert(property, { numRuns: 15 });
});
