import type { CallPermit } from "@isthmus/core";
import type { PriorityTerms } from "./priorities.js";

/** A call that waits for leave. */
export interface WaitingCall {
  readonly terms: PriorityTerms;
  /** Began to wait then. */
  readonly sinceMs: number;
  /** Gives up then. */
  readonly untilMs: number;
  go(permit: CallPermit): void;
  fail(error: unknown): void;
}

/** Calls that wait: the most urgent first, and of those the one that came first. */
export class WaitingCalls {
  readonly #calls: WaitingCall[] = [];

  get size(): number {
    return this.#calls.length;
  }

  get first(): WaitingCall | undefined {
    return this.#calls[0];
  }

  /** How many are as urgent as the first. */
  get urgent(): number {
    const rank = this.first?.terms.rank;
    const next = this.#calls.findIndex(({ terms }) => terms.rank !== rank);
    return next === -1 ? this.size : next;
  }

  /** When the first of them gives up. */
  get untilMs(): number {
    return this.#calls.reduce((earliest, { untilMs }) => Math.min(earliest, untilMs), Number.POSITIVE_INFINITY);
  }

  add(call: WaitingCall): void {
    const behind = this.#calls.findLastIndex(({ terms }) => terms.rank <= call.terms.rank);
    this.#calls.splice(behind + 1, 0, call);
  }

  remove(call: WaitingCall): void {
    const place = this.#calls.indexOf(call);
    if (place !== -1) this.#calls.splice(place, 1);
  }

  takeFirst(): WaitingCall | undefined {
    return this.#calls.shift();
  }

  /** Takes those out that `isOver` says so of. */
  takeAll(isOver: (call: WaitingCall) => boolean): WaitingCall[] {
    const over = this.#calls.filter(isOver);
    for (const call of over) this.remove(call);
    return over;
  }
}
