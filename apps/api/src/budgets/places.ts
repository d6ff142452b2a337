import type { BudgetAnswer } from "../repositories/index.js";

/** How long places are kept for a process that does not use them, and for one that does, in milliseconds. */
export const placeTimes = { freshMs: 2_000, leaseMs: 15_000 } as const;

/**
 * The calls at work at once that a process may have of an account's. What it does not use it has for two seconds; what it uses,
 * and has said so, for longer than a call takes, as long as it says so again in time.
 */
export class Places {
  readonly #max: number | undefined;
  #held = 0;
  #freshUntilMs = 0;
  #yields = false;
  #told = 0;
  #toldAtMs = 0;
  #inUse = 0;

  constructor(max: number | undefined) {
    this.#max = max;
  }

  get isLimited(): boolean {
    return this.#max !== undefined;
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

  /** Gives one back: to another process, where one has none. */
  release(): void {
    this.#inUse -= 1;
    if (this.#yields) this.#held = Math.max(this.#inUse, this.#held - 1);
  }

  /** What was asked is on its way. @param told - How many are in use, or kept for calls that have their moment. */
  asked(told: number, nowMs: number): void {
    this.#told = told;
    this.#toldAtMs = nowMs;
  }

  answered({ places, yields }: BudgetAnswer, askedAtMs: number): void {
    if (places === null) return;
    this.#held = places;
    this.#yields = yields;
    this.#freshUntilMs = askedAtMs + placeTimes.freshMs;
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
    if (this.#inUse > this.#told) return this.#toldAtMs + placeTimes.freshMs / 2;
    return this.#inUse > 0 ? this.#toldAtMs + placeTimes.leaseMs / 3 : undefined;
  }
}
