import type { BudgetAnswer } from "../repositories/index.js";

/** How long places are kept for a process that uses them, in milliseconds, after it last said so. */
export const placeLeaseMs = 15_000;
/** The same for one that does not, where calls have no moments: as long as what it was given for any time. */
export const longestFreshMs = 2_000;
const shortestFreshMs = 400;

/** What we are earlier by than the database, in milliseconds. */
const marginMs = 100;

/**
 * The calls at work at once that a process may have of an account's. What it does not use it has for a moment, about twice as
 * long as its calls take; what it uses, and has said so, for as long as it says so again in time.
 */
export class Places {
  readonly #max: number | undefined;
  readonly #haveMoments: boolean;
  #held = 0;
  #freshUntilMs = 0;
  #yields = false;
  #told = 0;
  #toldAtMs = 0;
  #toldBefore = { told: 0, toldAtMs: 0 };
  #askedFreshMs = longestFreshMs;
  #inUse = 0;
  #usualMs = shortestFreshMs / 2;

  /** @param haveMoments - Whether each call has a moment, and its place from then on. */
  constructor(max: number | undefined, haveMoments: boolean) {
    this.#max = max;
    this.#haveMoments = haveMoments;
  }

  /** How long places are kept that are not used. */
  get freshMs(): number {
    return this.#haveMoments ? Math.min(longestFreshMs, Math.max(shortestFreshMs, 2 * this.#usualMs)) : longestFreshMs;
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** Free ones. */
  free(nowMs: number): number {
    if (this.#max === undefined) return Number.POSITIVE_INFINITY;
    const held = nowMs < this.#freshUntilMs ? this.#held : Math.min(this.#held, this.#told);
    return Math.max(0, held - this.#inUse);
  }

  take(): void {
    this.#inUse += 1;
  }

  /** Gives one back: to another process, where one has none. @param tookMs - How long it was in use. */
  release(tookMs: number): void {
    this.#inUse -= 1;
    this.#usualMs += (tookMs - this.#usualMs) / 4;
    if (this.#yields) this.#held = Math.max(this.#inUse, this.#held - 1);
  }

  /** What was asked is on its way. @param told - How many are in use, or kept for calls that have their moment. */
  asked(told: number, nowMs: number): void {
    this.#toldBefore = { told: this.#told, toldAtMs: this.#toldAtMs };
    this.#told = told;
    this.#toldAtMs = nowMs;
    this.#askedFreshMs = this.freshMs;
  }

  /** What was asked did not arrive, or may not have. */
  unasked(): void {
    this.#told = this.#toldBefore.told;
    this.#toldAtMs = this.#toldBefore.toldAtMs;
  }

  /** @param fromMs - When we asked, or the last moment that was given. */
  answered({ places, yields }: BudgetAnswer, fromMs: number): void {
    if (places === null) return;
    this.#held = places;
    this.#yields = yields;
    this.#freshUntilMs = fromMs + this.#askedFreshMs - marginMs;
  }

  /**
   * When the database has to hear how many are in use; `undefined` = it need not.
   *
   * @param isWaitedFor - Whether calls wait here, which a free one is for.
   */
  reportAtMs(isWaitedFor: boolean): number | undefined {
    if (this.#max === undefined) return undefined;
    const isOver = this.#inUse < this.#told || (this.#yields && this.#inUse < this.#held);
    if (isOver && !isWaitedFor) return this.#toldAtMs;
    if (this.#inUse > this.#told) return this.#freshUntilMs - marginMs;
    return this.#inUse > 0 ? this.#toldAtMs + placeLeaseMs / 3 : undefined;
  }
}
