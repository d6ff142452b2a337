import type { BudgetQuestion } from "../repositories/index.js";

/** What the database has not heard yet of an account: what the vendor said, and calls that were not made. */
export class Reports {
  #told: BudgetQuestion["told"];
  #pausedUntilMs: number | undefined;
  /** What the question said that is not answered yet. */
  #asked: { readonly told: BudgetQuestion["told"]; readonly pausedUntilMs: number | undefined } | undefined;

  /** Until when the vendor asked to be left alone, as far as the database is to be told; `undefined` = nothing is. */
  get pausedUntilMs(): number | undefined {
    return this.#pausedUntilMs;
  }

  pauseUntil(atMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs ?? 0, atMs);
  }

  observeQuota(used: number, max: number): void {
    this.#told = { used, max };
  }

  /** Takes all of it for a question. */
  take(nowMs: number): Pick<BudgetQuestion, "told" | "pauseMs"> {
    const pausedUntilMs = this.#pausedUntilMs;
    this.#asked = { told: this.#told, pausedUntilMs };
    this.#told = undefined;
    this.#pausedUntilMs = undefined;
    const pauseMs = pausedUntilMs === undefined ? undefined : Math.max(1, pausedUntilMs - nowMs);
    return { told: this.#asked.told, pauseMs };
  }

  /** The question was answered. */
  arrived(): void {
    this.#asked = undefined;
  }

  /** The question was not answered: what it said is for the next one, as far as nothing newer is. */
  takeBack(): void {
    this.#told ??= this.#asked?.told;
    this.#pausedUntilMs ??= this.#asked?.pausedUntilMs;
    this.#asked = undefined;
  }
}
