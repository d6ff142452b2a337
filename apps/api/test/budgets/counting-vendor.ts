import { createServer } from "node:http";

/** What an account of the vendor's allows. */
export interface CountedLimits {
  readonly count: number;
  readonly perMs: number;
  readonly concurrency: number;
}

interface Counted {
  readonly arrivals: number[];
  atWork: number;
}

/** A vendor that answers every call and counts which of them were too many. The path names the account. */
export interface CountingVendor {
  readonly url: string;
  /** Calls of an account that it has answered. */
  calls(account: string): number;
  /** Calls that came too soon or while too many were at work, of all accounts. */
  readonly violations: readonly string[];
  /** Answers the next call of an account with 429 and so many seconds to wait. */
  refuseNext(account: string, retryAfterSeconds: number): void;
  /** Answers no call of an account until `release`, whose calls are at work for so long even if nobody waits for them. */
  hold(account: string): void;
  release(account: string): void;
  /** Calls of an account at work now. */
  atWork(account: string): number;
  /** Times at which calls of an account came. */
  arrivals(account: string): readonly number[];
  close(): Promise<void>;
}

/** Starts one whose accounts all allow the same. */
export async function startCountingVendor({ count, perMs, concurrency }: CountedLimits): Promise<CountingVendor> {
  const accounts = new Map<string, Counted>();
  const refusals = new Map<string, number>();
  const violations: string[] = [];
  const held = new Map<string, (() => void)[]>();
  const find = (name: string): Counted => {
    const known = accounts.get(name) ?? { arrivals: [], atWork: 0 };
    accounts.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? "";
    const nowMs = performance.now();
    const account = find(name);
    const before = account.arrivals.at(-count);
    if (before !== undefined && nowMs - before < perMs)
      violations.push(`${name}: ${count + 1} within ${nowMs - before} ms`);
    account.arrivals.push(nowMs);
    account.atWork += 1;
    if (account.atWork > concurrency) violations.push(`${name}: ${account.atWork} at once`);
    const answer = () => {
      account.atWork -= 1;
      const retryAfter = refusals.get(name);
      refusals.delete(name);
      if (retryAfter !== undefined) response.writeHead(429, { "retry-after": String(retryAfter) });
      response.end("{}");
    };
    const holding = held.get(name);
    if (holding === undefined) setTimeout(answer, 10);
    else holding.push(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The vendor has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: (name) => find(name).arrivals.length,
    violations,
    refuseNext: (name, seconds) => void refusals.set(name, seconds),
    hold: (name) => void held.set(name, []),
    release(name) {
      for (const answer of held.get(name) ?? []) answer();
      held.delete(name);
    },
    atWork: (name) => find(name).atWork,
    arrivals: (name) => find(name).arrivals,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
