import type { HealthState } from "../repositories/index.js";
import { statesByWeight } from "./assess.js";

/** What is known of a connector's state between two looks. */
export interface KnownHealth {
  /** What was told; `null` = nothing yet. */
  readonly state: HealthState | null;
  /** What was seen since and is not told yet; `null` = the same. */
  readonly seenState: HealthState | null;
  /** How many looks in a row have seen something better, or something worse, than what was told. */
  readonly seenTimes: number;
}

/** What is known after a look. */
export interface DampedHealth extends KnownHealth {
  readonly state: HealthState;
}

/** Looks in a row until something worse is told: one may have met a vendor's hiccup. */
const looksUntilWorse = 2;
/** Looks in a row until something better is told: what comes and goes is told once. */
const looksUntilBetter = 5;

/**
 * What is known after a look. A grant that is gone is told at once, and so is its return: neither comes and goes by itself.
 */
export function damp({ state, seenState, seenTimes }: KnownHealth, seen: HealthState): DampedHealth {
  if (state === null || state === "reconnect_required" || seen === "reconnect_required") return told(seen);
  const direction = compare(seen, state);
  if (direction === 0) return told(state);
  const isSameWay = seenState !== null && compare(seenState, state) === direction;
  const times = isSameWay ? seenTimes + 1 : 1;
  const enough = direction > 0 ? looksUntilWorse : looksUntilBetter;
  return times >= enough ? told(seen) : { state, seenState: seen, seenTimes: times };
}

function told(state: HealthState): DampedHealth {
  return { state, seenState: null, seenTimes: 0 };
}

function compare(one: HealthState, other: HealthState): number {
  return Math.sign(statesByWeight.indexOf(one) - statesByWeight.indexOf(other));
}
