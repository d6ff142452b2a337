import { type CallLimits, type CallPermit, type Clock, TransientError } from "@isthmus/core";
import type { BudgetAnswer, BudgetQuestion } from "../repositories/index.js";
import { Alarm } from "./alarm.js";
import { Moments } from "./moments.js";
import { type Pace, paceOf } from "./pace.js";
import { longestFreshMs, Places, placeLeaseMs } from "./places.js";
import type { PriorityTerms } from "./priorities.js";
import { isInVain, type Refusal, toRateLimitError, toRefusal } from "./refusals.js";
import { Reports } from "./reports.js";
import { WaitingCalls } from "./waiting-calls.js";

/** How long a call waits for leave at the most, in milliseconds: longer than Intuit asks to be left alone. */
const longestWaitMs = 90_000;
/** How long a call waits for a database that is away. */
const longestOutageMs = 10_000;
/** What is asked for at once, in milliseconds' worth of calls: no process takes a second that others want to share. */
const worthMs = 500;
/** Moments that the database gives for the end of a pause may be so much earlier by our clock. */
const clocksDifferMs = 50;
/** After so many milliseconds whoever was answered in our place is done. */
const passedOverMs = 3;

/** What an account works with. */
export interface AccountParts {
  readonly key: string;
  /** Who it is to the database. */
  readonly holder: string;
  readonly limits: CallLimits;
  readonly clock: Clock;
  /** Has {@link AccountCalls.question} put to the database soon. */
  ask(account: AccountCalls): void;
}

/** The calls of one account in this process: those that wait, what they were given leave for, those at work. */
export class AccountCalls {
  readonly #parts: AccountParts;
  readonly #pace: Pace | undefined;
  readonly #moments: Moments;
  readonly #places: Places;
  readonly #waiting = new WaitingCalls();
  #isAsking = false;
  #askedRank = 0;
  /** What the question said that is not answered yet. */
  #asked: { readonly isReport: boolean; readonly missed: number } | undefined;
  #refusal: Refusal | undefined;
  #retryAtMs = 0;
  #failures = 0;
  readonly #reports = new Reports();
  readonly #alarm: Alarm;

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#pace = paceOf(parts.limits);
    this.#moments = new Moments(this.#pace);
    this.#alarm = new Alarm(parts.clock, () => this.#goOn());
    this.#places = new Places(parts.limits.concurrency, this.#pace !== undefined);
  }

  get key(): string {
    return this.#parts.key;
  }

  get holder(): string {
    return this.#parts.holder;
  }

  /** Whether it can be forgotten. */
  get isIdle(): boolean {
    return (
      this.#waiting.size === 0 &&
      this.#places.inUse === 0 &&
      !this.#isAsking &&
      this.#reports.pausedUntilMs === undefined
    );
  }

  /** See `CallBudget.acquire`. */
  async acquire(terms: PriorityTerms, signal: AbortSignal): Promise<CallPermit> {
    signal.throwIfAborted();
    const nowMs = this.#parts.clock.now();
    const { promise, resolve, reject } = Promise.withResolvers<CallPermit>();
    const call = { terms, sinceMs: nowMs, untilMs: nowMs + longestWaitMs, go: resolve, fail: reject };
    const stop = () => {
      this.#waiting.remove(call);
      reject(signal.reason);
    };
    this.#waiting.add(call);
    signal.addEventListener("abort", stop, { once: true });
    this.#goOn();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** See `CallBudget.pause`. */
  pause(milliseconds: number): void {
    const untilMs = this.#parts.clock.now() + milliseconds;
    this.#reports.pauseUntil(untilMs);
    this.holdUntil(untilMs);
    this.#ask();
  }

  /**
   * Makes no call before then, whatever was given for earlier: the vendor asked this or another process to be left alone.
   *
   * @param atMs - By our clock.
   */
  holdUntil(atMs: number): void {
    const nowMs = this.#parts.clock.now();
    this.#moments.dropBefore(atMs - clocksDifferMs, nowMs);
    if (atMs > nowMs) this.#refusal = toRefusal({ waitMs: atMs - nowMs, reason: "paused" }, 0, nowMs);
    this.#goOn();
  }

  /** Whether there is leave for calls that were not made yet: a pause that another process is asked for concerns them. */
  get hasLeave(): boolean {
    this.#moments.dropPast(this.#parts.clock.now());
    return this.#moments.size > 0;
  }

  /** See `CallBudget.observeQuota`. It is told with the next question. */
  observeQuota(used: number, max: number): void {
    this.#reports.observeQuota(used, max);
  }

  /** What to ask the database now. */
  question(): BudgetQuestion {
    const nowMs = this.#parts.clock.now();
    const { limits, key, holder } = this.#parts;
    const again = this.#moments.isUsedUp;
    const ahead = this.#moments.prepare(nowMs, this.#waiting.size > 0);
    const missed = this.#moments.takeMissed();
    const calls = this.#lacking === 0 || this.#isHeldBack(nowMs) ? 0 : Math.max(this.#lacking, ahead);
    this.#asked = { isReport: calls === 0, missed };
    const terms = this.#waiting.first?.terms;
    this.#askedRank = terms?.rank ?? 0;
    const inUse = this.#places.inUse + this.#moments.kept;
    this.#places.asked(inUse, nowMs);
    return {
      account: key,
      holder,
      calls,
      most: this.#pace ? Math.max(this.#pace.burst, Math.ceil(worthMs / this.#pace.intervalMs)) : 1_000,
      burst: this.#pace?.burst ?? 1,
      again,
      returned: missed,
      intervalMs: this.#pace?.intervalMs ?? null,
      horizonMs: terms?.horizonMs ?? 0,
      placesMax: limits.concurrency ?? null,
      inUse,
      quotaMax: limits.callsPerDay ?? null,
      share: terms?.quotaShare ?? 1,
      ...this.#reports.take(nowMs),
      freshMs: this.#places.freshMs,
      leaseMs: placeLeaseMs,
    };
  }

  /**
   * Takes what the database answered to the last question.
   *
   * @param askedAtMs - By our clock.
   * @param answeredAtMs - By our clock.
   */
  answered(answer: BudgetAnswer, askedAtMs: number, answeredAtMs: number): void {
    const asked = this.#asked;
    this.#isAsking = false;
    this.#asked = undefined;
    this.#reports.arrived();
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#moments.give(answer, answeredAtMs, askedAtMs + longestFreshMs);
    this.#places.answered(answer, Math.max(askedAtMs, this.#moments.lastAtMs ?? 0));
    // Who only told something was not looked at as one who waits.
    const keepsRefusal = asked?.isReport === true && answer.waitMs === null;
    if (!keepsRefusal) this.#refusal = toRefusal(answer, this.#askedRank, answeredAtMs);
    this.#goOn();
  }

  /** Somebody else was just answered for the account: the question is put again. */
  passedOver(): void {
    this.#takeBack();
    this.#retryAtMs = this.#parts.clock.now() + passedOverMs;
    this.#goOn();
  }

  /** The question was not answered: it is put again after a while, and those who wait for too long give up. */
  failed(error: unknown): void {
    const nowMs = this.#parts.clock.now();
    this.#takeBack();
    this.#retryAtMs = nowMs + Math.min(2_000, 100 * 2 ** this.#failures);
    this.#failures += 1;
    for (const call of this.#waiting.takeAll(({ sinceMs }) => nowMs - sinceMs >= longestOutageMs)) {
      call.fail(
        new TransientError(
          "TIMEOUT",
          "The service's database, which shares out what the vendor allows, does not answer; nothing was sent. Try again later.",
          { cause: error },
        ),
      );
    }
    this.#goOn();
  }

  /** Keeps what a question said for the next one. */
  #takeBack(): void {
    this.#isAsking = false;
    if (this.#asked === undefined) return;
    this.#places.unasked();
    this.#moments.addMissed(this.#asked.missed);
    this.#reports.takeBack();
    this.#asked = undefined;
  }

  /** Lets calls go that have leave, asks for more where there is not enough, and sets the alarm for what comes next. */
  #goOn(): void {
    const nowMs = this.#parts.clock.now();
    this.#letGo(nowMs);
    this.#giveUp(nowMs);
    const askAtMs = this.#askAtMs(nowMs);
    if (askAtMs !== undefined && askAtMs <= nowMs) this.#ask();
    const times = [
      ...(askAtMs !== undefined && askAtMs > nowMs ? [askAtMs] : []),
      ...(this.#waiting.size > 0 ? [this.#waiting.untilMs, this.#moments.nextAtMs(nowMs) ?? Infinity] : []),
    ].filter((atMs) => atMs > nowMs);
    this.#alarm.set(Math.min(...times), nowMs);
  }

  #letGo(nowMs: number): void {
    while (this.#waiting.size > 0 && this.#places.free(nowMs) > 0) {
      const untilMs = this.#moments.take(nowMs);
      if (untilMs === undefined) return;
      this.#places.take();
      this.#waiting.takeFirst()?.go(this.#permit(untilMs));
    }
  }

  #permit(untilMs: number): CallPermit {
    let isHeld = true;
    const { clock } = this.#parts;
    const takenAtMs = clock.now();
    return {
      isCurrent: () => clock.now() <= untilMs,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#places.release(clock.now() - takenAtMs);
        this.#goOn();
      },
    };
  }

  #giveUp(nowMs: number): void {
    const over = this.#waiting.takeAll((call) => isInVain(call, this.#refusal, nowMs));
    for (const call of over) call.fail(toRateLimitError(this.#refusal, nowMs));
  }

  /** Calls that there is no leave for, of those that are as urgent as the first. */
  get #lacking(): number {
    const { urgent, size } = this.#waiting;
    return Math.max(0, Math.min(urgent, size - this.#moments.kept));
  }

  /** When the next question is due; `undefined` = none is. */
  #askAtMs(nowMs: number): number | undefined {
    if (this.#isAsking) return undefined;
    // Who waits for a later moment needs no place until then, and others may.
    const reportAtMs = this.#places.reportAtMs(this.#pace ? this.#moments.kept > 0 : this.#waiting.size > 0);
    const times = [
      ...(reportAtMs === undefined ? [] : [reportAtMs]),
      ...(this.#reports.pausedUntilMs === undefined ? [] : [nowMs]),
      ...(this.#isShort(nowMs) ? [this.#isHeldBack(nowMs) ? (this.#refusal?.untilMs ?? nowMs) : nowMs] : []),
    ];
    return times.length === 0 ? undefined : Math.max(this.#retryAtMs, Math.min(...times));
  }

  /** Whether calls wait that nothing was given for: no leave, or no place. */
  #isShort(nowMs: number): boolean {
    const free = this.#places.free(nowMs);
    return this.#waiting.size > 0 && (free === 0 || this.#moments.size < Math.min(this.#waiting.size, free));
  }

  /** Whether who waits first was told, or somebody as urgent, to ask later. */
  #isHeldBack(nowMs: number): boolean {
    const { first } = this.#waiting;
    const refusal = this.#refusal;
    if (first === undefined || refusal === undefined || refusal.untilMs <= nowMs) return false;
    if (refusal.reason === "places" && this.#places.free(nowMs) > 0) return false;
    return first.terms.rank >= refusal.rank;
  }

  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#parts.ask(this);
  }
}
