import type { Clock } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import type { RecordInput, SalesforceConnector } from "../src/index.js";

/** A clock whose pauses are over at once, and remembered. */
export function impatientClock(): Clock & { readonly pausesMs: number[] } {
  const pausesMs: number[] = [];
  return {
    pausesMs,
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pausesMs.push(ms);
      // Lets what else is at work have its turn.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}

/** Leads `from` to `to` (excluded), each with a name of its own. */
export function leads(from: number, to: number): RecordInput[] {
  return Array.from({ length: to - from }, (_unused, index) => ({
    LastName: `Row ${from + index}`,
    Company: `Company "${from + index}", Ö`,
  }));
}

/** Everything that an iterable gives. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The last names of all leads that there are, in order. */
export async function leadNames(connector: SalesforceConnector): Promise<unknown[]> {
  const { records } = await connector.queryAllRecords("SELECT LastName FROM Lead");
  return records.map(({ LastName }) => LastName).toSorted(byNumber);
}

/** The names that {@link leads} gives. */
export function namesOf(from: number, to: number): unknown[] {
  return leads(from, to).map(({ LastName }) => LastName);
}

/** What was asked of a bulk resource, as `PUT /batches`. */
export function bulkCalls(sandbox: SalesforceSandbox): string[] {
  return sandbox
    .requests()
    .map(({ method, path }) => `${method} ${path}`)
    .filter((call) => call.includes("/jobs/"))
    .map((call) => call.replace(/\/services\/data\/v\d+\.0/, "").replace(/750\w{15}/, "{id}"));
}

function byNumber(a: unknown, b: unknown): number {
  return Number(String(a).slice(4)) - Number(String(b).slice(4));
}
