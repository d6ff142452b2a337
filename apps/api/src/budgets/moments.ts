import type { BudgetAnswer } from "../repositories/index.js";
import type { Pace } from "./pace.js";

/** When calls may be made that a process was given leave for: each at its moment, or any number of them for a while. */
export class Moments {
  readonly #pace: Pace | undefined;
  /** By our clock, ascending. */
  readonly #moments: number[] = [];
  #credits = 0;
  #creditsUntilMs = 0;
  #missed = 0;
  #used = 0;
  #isUsedUp = false;

  constructor(pace: Pace | undefined) {
    this.#pace = pace;
  }

  /** Calls that there is leave for now or soon. */
  get size(): number {
    return this.#pace ? this.#moments.length : this.#credits;
  }

  /** Of those, the calls that have a place among the calls at work kept for them. */
  get kept(): number {
    return this.#moments.length;
  }

  /** Whether every moment that was given was used, so that more will be wanted. */
  get isUsedUp(): boolean {
    return this.#isUsedUp;
  }

  /** The last one, of our clock; `undefined` = there is none. */
  get lastAtMs(): number | undefined {
    return this.#moments.at(-1);
  }

  /** When the next one is; `undefined` = there is none. Credits are for any time. */
  nextAtMs(nowMs: number): number | undefined {
    return this.#pace ? this.#moments[0] : this.#credits > 0 ? nowMs : undefined;
  }

  /** Notes what was given. @param untilMs - Calls without a moment are for any time until then. */
  give({ calls, firstInMs, atOnce }: BudgetAnswer, answeredAtMs: number, untilMs: number): void {
    if (this.#pace === undefined) {
      this.#credits = calls ?? Number.POSITIVE_INFINITY;
      this.#creditsUntilMs = untilMs;
      return;
    }
    const firstAtMs = answeredAtMs + (firstInMs ?? 0);
    for (let n = 0; n < (calls ?? 0); n += 1) {
      this.#moments.push(firstAtMs + (n < atOnce ? 0 : n) * this.#pace.intervalMs);
    }
  }

  /** Takes the one that is now. @returns until when it is; `undefined` = none is. */
  take(nowMs: number): number | undefined {
    this.dropPast(nowMs);
    if (this.#pace === undefined) {
      if (this.#credits === 0) return undefined;
      this.#credits -= 1;
      this.#used += 1;
      return Number.POSITIVE_INFINITY;
    }
    const [next] = this.#moments;
    if (next === undefined || next > nowMs) return undefined;
    this.#moments.shift();
    this.#isUsedUp = true;
    return next + this.#pace.lateMs;
  }

  /** Lets those go whose time is over. */
  dropPast(nowMs: number): void {
    if (this.#pace === undefined) {
      if (nowMs >= this.#creditsUntilMs) this.#letGo(this.#credits);
      return;
    }
    let past = 0;
    for (const moment of this.#moments) {
      if (moment + this.#pace.lateMs >= nowMs) break;
      past += 1;
    }
    if (past === 0) return;
    this.#moments.splice(0, past);
    this.#missed += past;
    this.#isUsedUp = false;
  }

  /** Lets those go that are before a time, and what is for any time: nothing may be sent until then. */
  dropBefore(atMs: number, nowMs: number): void {
    this.dropPast(nowMs);
    const kept = this.#moments.filter((moment) => moment >= atMs);
    this.#missed += this.#moments.length - kept.length;
    this.#moments.splice(0, this.#moments.length, ...kept);
    if (atMs > nowMs) this.#letGo(this.#credits);
  }

  /**
   * Prepares the next question: credits go back, since the answer gives them anew, and everything else where nobody waits for it.
   *
   * @returns how many to ask for besides those that wait: credits, as many again as were used of the last ones.
   */
  prepare(nowMs: number, isWaitedFor: boolean): number {
    this.dropPast(nowMs);
    this.#letGo(this.#credits);
    if (!isWaitedFor && this.#moments.length > 0) {
      this.#missed += this.#moments.splice(0).length;
      this.#isUsedUp = false;
    }
    const ahead = 2 * this.#used;
    this.#used = 0;
    return ahead;
  }

  /** How many have passed unused since this was last asked. */
  takeMissed(): number {
    const missed = this.#missed;
    this.#missed = 0;
    return missed;
  }

  /** Puts back what was taken for a question that was not answered. */
  addMissed(missed: number): void {
    this.#missed += missed;
  }

  #letGo(credits: number): void {
    if (Number.isFinite(credits)) this.#missed += credits;
    this.#credits = 0;
  }
}
