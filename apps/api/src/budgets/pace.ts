import type { CallLimits, CallRate } from "@isthmus/core";

/** How calls of an account are spaced so that no stretch has too many. */
export interface Pace {
  /** Milliseconds between two calls. */
  readonly intervalMs: number;
  /** Calls that may go at once after a while in which none went; the next one goes when as many intervals are over. */
  readonly burst: number;
  /** How long the moment of a call lasts, in milliseconds. The rest of the slack is the network's. */
  readonly lateMs: number;
}

/** Part of the slack that a process may use up before it sends. */
const ownShare = 0.4;

/**
 * The pace that keeps to every rate: the generic cell rate algorithm. A burst comes only where as many intervals before it had no
 * call, and takes as many after it: no stretch has more calls for it than if each had gone an interval after the other. Of `count + 1` calls that are spaced
 * so, the last comes a stretch and the slack after the first; as long as none is later than the slack, no stretch holds them all.
 *
 * @returns `undefined` where there is no rate.
 */
export function paceOf({ rates = [], burst = 1 }: CallLimits): Pace | undefined {
  if (rates.length === 0) return undefined;
  const intervalMs = Math.max(...rates.map((rate) => (rate.perMs + slackOf(rate)) / rate.count));
  // A rate that another one is stricter than has more slack than it asks for.
  const slackMs = Math.min(...rates.map(({ count, perMs }) => count * intervalMs - perMs));
  const mostAtOnce = Math.min(burst, ...rates.map(({ count }) => Math.floor(count)));
  return { intervalMs, burst: Math.max(1, mostAtOnce), lateMs: slackMs * ownShare };
}

function slackOf({ perMs, slackMs }: CallRate): number {
  return slackMs ?? Math.min(1_000, Math.max(20, perMs / 50));
}
