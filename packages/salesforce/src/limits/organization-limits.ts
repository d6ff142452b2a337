import { type Clock, ConcurrencyLimit, type Random, RateLimitError } from "@isthmus/core";
import type { LimitInfo } from "./limit-info.js";

/** What a connector may take of its organisation. */
export interface LimitOptions {
  /** Requests at work at once, over all callers of this process. */
  readonly concurrentRequests: number;
  /** Share of the day's requests that is left to others, in percent. */
  readonly reservePercent: number;
}

/** A place that a request was given. */
export interface Ticket {
  readonly parking: number;
  readonly pause: number;
  /** Whether it was let in to see if the day's requests are still used up. */
  readonly isProbe: boolean;
  /** Whether it went alone, to see if Salesforce takes requests again; the others wait for its answer. */
  readonly isAlone: boolean;
}

// The 24 hours roll, so requests come back bit by bit: a look every quarter of an hour finds that soon and costs little.
const probeMs = 15 * 60_000;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Keeps every caller of one organisation within Salesforce's limits.
 *
 * The day's requests: once they are used up, calls are refused here, at once, but for one in a quarter of an hour. Requests at
 * once: there are never more than so many; when Salesforce refuses one all the same, everybody pauses, longer each time, and one
 * goes first.
 */
export class OrganizationLimits {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: LimitOptions;
  readonly #places: ConcurrencyLimit;
  readonly #turn = new ConcurrencyLimit(1);
  #info: (LimitInfo & { readonly observedAtMs: number }) | undefined;
  /** Counts parkings and pauses: an answer to an older request says nothing of the current one. */
  #parkings = 0;
  #pauses = 0;
  #parkedUntilMs: number | undefined;
  #pausedUntilMs = 0;
  #pausesInRow = 0;

  constructor(clock: Clock, random: Random, options: LimitOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#places = new ConcurrencyLimit(options.concurrentRequests);
  }

  /** What Salesforce said last; `undefined` before the first answer. */
  get info(): (LimitInfo & { readonly observedAtMs: number }) | undefined {
    return this.#info;
  }

  /** Milliseconds until a call makes sense again: after the day's requests, and after too many at once. */
  get waits(): { readonly dayMs: number; readonly concurrentMs: number } {
    const now = this.#clock.now();
    return {
      dayMs: Math.max(0, (this.#parkedUntilMs ?? now) - now),
      concurrentMs: Math.max(0, this.#pausedUntilMs - now),
    };
  }

  /**
   * Waits for a place and the end of a pause. Give it back with {@link leave}.
   *
   * @throws {RateLimitError} `QUOTA_EXHAUSTED` at once, while the day's requests are used up.
   * @throws the signal's reason when it is aborted first.
   */
  async enter(signal: AbortSignal): Promise<Ticket> {
    this.#assertNotParked();
    if (!this.#places.tryAcquire()) await this.#places.acquire(signal);
    let isAlone = false;
    try {
      isAlone = await this.#waitForPause(signal);
      return { isAlone, isProbe: this.#admit(), parking: this.#parkings, pause: this.#pauses };
    } catch (error) {
      if (isAlone) this.#turn.release();
      this.#places.release();
      throw error;
    }
  }

  /** Gives a place back. */
  leave(): void {
    this.#places.release();
  }

  /** Notes what an answer says of the limits. */
  observe(info: LimitInfo): void {
    if (info.organization || info.app) this.#info = { ...info, observedAtMs: this.#clock.now() };
    const { organization } = info;
    const { reservePercent } = this.#options;
    if (organization === undefined || reservePercent === 0) return;
    if (organization.used >= organization.max * (1 - reservePercent / 100)) this.#park();
  }

  /** Salesforce answered, and not by a refusal for one of its limits. */
  accepted(ticket: Ticket): void {
    if (ticket.pause === this.#pauses) this.#pausesInRow = 0;
    if (ticket.isAlone) this.#turn.release();
    if (ticket.isProbe && ticket.parking === this.#parkings) this.#parkedUntilMs = undefined;
  }

  /** Nobody knows what Salesforce would have answered: where it was a probe, the next call is one. */
  unanswered(ticket: Ticket): void {
    if (ticket.isAlone) this.#turn.release();
    this.#probeAgain(ticket);
  }

  /** Salesforce refused: the day's requests are used up. */
  refusedForToday(ticket: Ticket): void {
    if (ticket.isAlone) this.#turn.release();
    this.#park();
  }

  /** Salesforce refused: too many requests were at work. */
  refusedForConcurrency(ticket: Ticket): void {
    // Those that were sent before the pause are refused for the same reason, not for another one.
    if (ticket.pause === this.#pauses) {
      const fullMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#pausesInRow, 20));
      this.#pausedUntilMs = this.#clock.now() + fullMs * (0.5 + this.#random.number() / 2);
      this.#pauses += 1;
      this.#pausesInRow += 1;
    }
    if (ticket.isAlone) this.#turn.release();
    // It says nothing of the day's requests.
    this.#probeAgain(ticket);
  }

  /** @returns whether the caller goes alone and owes the turn. */
  async #waitForPause(signal: AbortSignal): Promise<boolean> {
    if (this.#pausesInRow === 0) return false;
    await this.#turn.acquire(signal);
    try {
      for (let waitMs = this.waits.concurrentMs; waitMs > 0; waitMs = this.waits.concurrentMs) {
        await this.#clock.sleep(waitMs, signal);
      }
    } catch (error) {
      this.#turn.release();
      throw error;
    }
    if (this.#pausesInRow > 0) return true;
    this.#turn.release();
    return false;
  }

  #probeAgain(ticket: Ticket): void {
    if (ticket.isProbe && ticket.parking === this.#parkings) this.#parkedUntilMs = this.#clock.now();
  }

  #park(): void {
    if (this.#parkedUntilMs === undefined) this.#parkings += 1;
    this.#parkedUntilMs ??= this.#clock.now() + probeMs;
  }

  #assertNotParked(): void {
    const { dayMs } = this.waits;
    if (dayMs === 0) return;
    const minutes = Math.ceil(dayMs / 60_000);
    throw new RateLimitError(
      `The organisation's requests of the last 24 hours are used up, so nothing was sent. Salesforce is asked again in ${minutes} min.`,
      { quota: true, retryAfterMs: dayMs },
    );
  }

  /** @returns whether this one looks for all. */
  #admit(): boolean {
    this.#assertNotParked();
    if (this.#parkedUntilMs === undefined) return false;
    this.#parkedUntilMs = this.#clock.now() + probeMs;
    return true;
  }
}
