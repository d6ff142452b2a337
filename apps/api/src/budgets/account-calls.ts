import { type CallLimits, type CallPermit, type Clock, RateLimitError, TransientError } from "@isthmus/core";
import type { BudgetAnswer, BudgetQuestion } from "../repositories/index.js";
import { Moments } from "./moments.js";
import { type Pace, paceOf } from "./pace.js";
import { longestFreshMs, Places, placeLeaseMs } from "./places.js";
import type { PriorityTerms } from "./priorities.js";
import { WaitingCalls } from "./waiting-calls.js";

/** How long a call waits for leave at the most, in milliseconds: longer than Intuit asks to be left alone. */
const longestWaitMs = 90_000;
/** How long a call waits for a database that is away. */
const longestOutageMs = 10_000;
/** What is asked for at once, in milliseconds' worth of calls: no process takes a second that others want to share. */
const worthMs = 500;
/** After so many milliseconds whoever was answered in our place is done. */
const passedOverMs = 3;
/** Those who were refused do not look again for so long at the most: meanwhile the vendor may have said something else. */
const longestRestMs = 60_000;

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

/** When and why there was nothing. */
interface Refusal {
  readonly rank: number;
  /** When to ask again. */
  readonly untilMs: number;
  /** When a call will find leave at the earliest. */
  readonly retryAtMs: number;
  readonly reason: BudgetAnswer["reason"];
}

/** What a question said that is not answered yet. */
interface Asked {
  /** Whether it asked for nothing. */
  readonly isReport: boolean;
  readonly missed: number;
  readonly told: BudgetQuestion["told"];
  readonly pausedUntilMs: number | undefined;
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
  #asked: Asked | undefined;
  #refusal: Refusal | undefined;
  #retryAtMs = 0;
  #failures = 0;
  #told: BudgetQuestion["told"];
  #pausedUntilMs: number | undefined;
  #alarm: AbortController | undefined;
  #alarmAtMs = Number.POSITIVE_INFINITY;

  constructor(parts: AccountParts) {
    this.#parts = parts;
    this.#pace = paceOf(parts.limits);
    this.#moments = new Moments(this.#pace);
    this.#places = new Places(parts.limits.concurrency, this.#pace !== undefined);
  }

  get holder(): string {
    return this.#parts.holder;
  }

  /** Whether it can be forgotten. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#places.inUse === 0 && !this.#isAsking && this.#pausedUntilMs === undefined;
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
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs ?? 0, this.#parts.clock.now() + milliseconds);
    this.#ask();
  }

  /** See `CallBudget.observeQuota`. It is told with the next question. */
  observeQuota(used: number, max: number): void {
    this.#told = { used, max };
  }

  /** What to ask the database now. */
  question(): BudgetQuestion {
    const nowMs = this.#parts.clock.now();
    const { limits, key, holder } = this.#parts;
    const again = this.#moments.isUsedUp;
    const ahead = this.#moments.prepare(nowMs, this.#waiting.size > 0);
    const missed = this.#moments.takeMissed();
    const pauseMs = this.#pausedUntilMs === undefined ? undefined : Math.max(1, this.#pausedUntilMs - nowMs);
    const calls = this.#lacking === 0 || this.#isHeldBack(nowMs) ? 0 : Math.max(this.#lacking, ahead);
    this.#asked = { isReport: calls === 0, missed, told: this.#told, pausedUntilMs: this.#pausedUntilMs };
    this.#told = undefined;
    this.#pausedUntilMs = undefined;
    const terms = this.#waiting.first?.terms;
    this.#askedRank = terms?.rank ?? 0;
    const inUse = this.#places.inUse + this.#moments.kept;
    this.#places.asked(inUse, nowMs);
    return {
      account: key,
      holder,
      calls,
      most: this.#pace ? Math.max(1, Math.ceil(worthMs / this.#pace.intervalMs)) : 1_000,
      again,
      returned: missed,
      intervalMs: this.#pace?.intervalMs ?? null,
      horizonMs: terms?.horizonMs ?? 0,
      placesMax: limits.concurrency ?? null,
      inUse,
      quotaMax: limits.callsPerDay ?? null,
      share: terms?.quotaShare ?? 1,
      told: this.#asked.told,
      pauseMs,
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
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#moments.give(answer, answeredAtMs, askedAtMs + longestFreshMs);
    this.#places.answered(answer, Math.max(askedAtMs, this.#moments.lastAtMs ?? 0));
    // Who only told something was not looked at as one who waits.
    const keepsRefusal = asked?.isReport === true && answer.waitMs === null;
    if (!keepsRefusal) this.#refusal = this.#toRefusal(answer, answeredAtMs);
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
    this.#told ??= this.#asked.told;
    this.#pausedUntilMs ??= this.#asked.pausedUntilMs;
    this.#asked = undefined;
  }

  #toRefusal({ waitMs, reason }: BudgetAnswer, answeredAtMs: number): Refusal | undefined {
    if (waitMs === null) return undefined;
    const untilMs = answeredAtMs + Math.min(waitMs, longestRestMs);
    return { rank: this.#askedRank, untilMs, retryAtMs: answeredAtMs + waitMs, reason };
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
    this.#setAlarm(Math.min(...times), nowMs);
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
    const refusal = this.#refusal;
    const isLasting = refusal !== undefined && (refusal.reason === "quota" || refusal.reason === "paused");
    const over = this.#waiting.takeAll(
      ({ untilMs, terms }) =>
        untilMs <= nowMs ||
        (isLasting && refusal.untilMs > nowMs && refusal.retryAtMs > untilMs && terms.rank >= refusal.rank),
    );
    for (const call of over) call.fail(refused(refusal, nowMs));
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
      ...(this.#pausedUntilMs === undefined ? [] : [nowMs]),
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

  #setAlarm(atMs: number, nowMs: number): void {
    if (atMs === this.#alarmAtMs) return;
    this.#alarm?.abort();
    this.#alarm = undefined;
    this.#alarmAtMs = atMs;
    if (!Number.isFinite(atMs)) return;
    const alarm = new AbortController();
    this.#alarm = alarm;
    this.#parts.clock.sleep(Math.max(0, atMs - nowMs), alarm.signal).then(
      () => {
        this.#alarmAtMs = Number.POSITIVE_INFINITY;
        this.#goOn();
      },
      (reason: unknown) => reason,
    );
  }
}

function refused(refusal: Refusal | undefined, nowMs: number): RateLimitError {
  const retryAfterMs = refusal === undefined ? undefined : Math.max(0, refusal.retryAtMs - nowMs);
  const words =
    refusal?.reason === "quota"
      ? "What the vendor allows the account in a day is used up, as far as this kind of work may use it"
      : refusal?.reason === "paused"
        ? "The vendor asked to be left alone"
        : "Too many calls wait for what the vendor allows the account";
  return new RateLimitError(`${words}; nothing was sent. Try again later.`, {
    retryable: true,
    quota: refusal?.reason === "quota",
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
