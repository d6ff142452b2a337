import { type CallBudget, type CallBudgets, joinBudgets } from "@isthmus/core";

/**
 * What Intuit allows one app in one company.
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features#limits-and-throttles
 */
export interface RealmLimits {
  /** Requests at work at once. */
  readonly concurrency: number;
  readonly callsPerSecond: number;
  readonly callsPerMinute: number;
  readonly batchesPerMinute: number;
}

/** Keeps callers of one company within Intuit's limits. */
export interface RealmGate {
  /**
   * Runs `send` when Intuit will take it.
   *
   * @param send - Given a budget, each of its tries asks that one.
   * @throws the signal's reason when it is aborted first; what `send` throws.
   */
  run<Result>(
    kind: "call" | "batch",
    signal: AbortSignal,
    send: (budget?: CallBudget) => Promise<Result>,
  ): Promise<Result>;
  /** Counts another request of a `send` at work, and resolves when Intuit will take it. @throws the signal's reason. */
  again(signal: AbortSignal): Promise<void>;
  /** Leaves Intuit alone for so long, because it asked for it. */
  pause(milliseconds: number): void;
}

/**
 * The gate of a company whose allowance is shared with other processes: each try of each request asks for leave, so nothing is
 * counted here.
 *
 * @param company - Names host, app and company.
 */
export function sharedGate(budgets: CallBudgets, company: readonly string[], limits: RealmLimits): RealmGate {
  const call = budgets.of(company, {
    rates: [
      { count: limits.callsPerSecond, perMs: 1_000 },
      { count: limits.callsPerMinute, perMs: 60_000 },
    ],
    concurrency: limits.concurrency,
    burst: Math.min(limits.callsPerSecond, limits.concurrency),
  });
  // A batch waits for its place among the calls after it was let through as one: its minute has room for that.
  const batches = { rates: [{ count: limits.batchesPerMinute, perMs: 60_000, slackMs: 6_000 }] };
  const batch = joinBudgets(budgets.of([...company, "batches"], batches), call);
  return {
    run: (kind, _signal, send) => send(kind === "batch" ? batch : call),
    again: async () => undefined,
    pause: (milliseconds) => call.pause(milliseconds),
  };
}
