import { createHash } from "node:crypto";
import type { CallBudget, CallBudgets, CallLimits, Clock } from "@isthmus/core";
import { newId } from "../database/ids.js";
import type { Database } from "../database/index.js";
import { AccountCalls } from "./account-calls.js";
import { DatabaseTime } from "./database-time.js";
import { PauseWatch } from "./pause-watch.js";
import { type CallPriority, defaultQuotaShares, type PriorityTerms, type QuotaShares, termsOf } from "./priorities.js";

/** What the budgets of a process work with. */
export interface SharedBudgetsOptions {
  readonly database: Pick<Database, "asSystem">;
  readonly clock: Clock;
  /** Default {@link defaultQuotaShares}. */
  readonly quotaShares?: QuotaShares;
}

/** Questions of one round trip at the most. */
const mostQuestions = 50;
/** Accounts that are remembered at the most, but for those that are in use. */
const mostAccounts = 5_000;

/**
 * The allowances of accounts at vendors, shared by all processes on one PostgreSQL. Each account is a row there; by its clock it
 * gives out the moments of calls, places among the calls at work and the day's quota. A process asks for all its accounts in
 * one round trip, of which there is never more than one: the busier it is, the more questions share one.
 */
export class SharedBudgets {
  readonly #options: SharedBudgetsOptions;
  readonly #terms: Readonly<Record<CallPriority, PriorityTerms>>;
  readonly #accounts = new Map<string, AccountCalls>();
  readonly #due = new Set<AccountCalls>();
  readonly #time = new DatabaseTime();
  readonly #watch: PauseWatch;
  #isAsking = false;

  constructor(options: SharedBudgetsOptions) {
    this.#options = options;
    this.#terms = termsOf(options.quotaShares ?? defaultQuotaShares);
    this.#watch = new PauseWatch({
      clock: options.clock,
      isNeeded: () => [...this.#accounts.values()].some(({ hasLeave }) => hasLeave),
      look: (withinMs) => this.#holdPaused(withinMs),
    });
  }

  /** The budgets as work of one priority has them. */
  at(priority: CallPriority): CallBudgets {
    return { of: (account, limits) => this.#budget(account, limits, this.#terms[priority]) };
  }

  #budget(account: readonly string[], limits: CallLimits, terms: PriorityTerms): CallBudget {
    const key = accountKey(account);
    // The same account with other limits, which another connector's configuration states, has the row in common.
    const name = `${key} ${JSON.stringify(limits)}`;
    const calls = () => this.#calls(name, key, limits);
    return {
      acquire: (signal) => calls().acquire(terms, signal),
      pause: (milliseconds) => calls().pause(milliseconds),
      observeQuota: (used, max) => calls().observeQuota(used, max),
    };
  }

  #calls(name: string, key: string, limits: CallLimits): AccountCalls {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    if (this.#accounts.size >= mostAccounts) {
      for (const [each, account] of this.#accounts) if (account.isIdle) this.#accounts.delete(each);
    }
    const ask = (account: AccountCalls) => this.#ask(account);
    const created = new AccountCalls({ key, holder: newId(), limits, clock: this.#options.clock, ask });
    this.#accounts.set(name, created);
    return created;
  }

  #ask(account: AccountCalls): void {
    this.#due.add(account);
    if (this.#isAsking) return;
    this.#isAsking = true;
    // In the next turn, so that what begins together asks together.
    queueMicrotask(() => void this.#askAll());
  }

  async #askAll(): Promise<void> {
    while (this.#due.size > 0) {
      const accounts = [...this.#due].slice(0, mostQuestions);
      for (const account of accounts) this.#due.delete(account);
      await this.#askFor(accounts);
    }
    this.#isAsking = false;
  }

  /** Never throws. */
  async #askFor(accounts: readonly AccountCalls[]): Promise<void> {
    const { database, clock } = this.#options;
    const askedAtMs = clock.now();
    try {
      const questions = accounts.map((account) => account.question());
      const answers = await database.asSystem(({ budgets }) => budgets.ask(questions));
      const receivedAtMs = clock.now();
      const last = answers.at(-1);
      if (last) this.#time.observe(last.answeredAtMs, receivedAtMs);
      const byHolder = new Map(answers.map((answer) => [answer.holder, answer]));
      for (const account of accounts) {
        const answer = byHolder.get(account.holder);
        if (answer === undefined) account.passedOver();
        else account.answered(answer, askedAtMs, this.#time.toLocal(answer.answeredAtMs));
      }
      if (accounts.some(({ hasLeave }) => hasLeave)) this.#watch.begin();
    } catch (error) {
      for (const account of accounts) account.failed(error);
    }
  }

  async #holdPaused(withinMs: number): Promise<void> {
    const paused = await this.#options.database.asSystem(({ budgets }) => budgets.listPaused(withinMs));
    const untilMs = new Map(paused.map((budget) => [budget.account, this.#time.toLocal(budget.untilMs)]));
    for (const account of untilMs.size === 0 ? [] : this.#accounts.values()) {
      const atMs = untilMs.get(account.key);
      if (atMs !== undefined) account.holdUntil(atMs);
    }
  }
}

/** Names an account in the database, where nobody can read who it is. */
export function accountKey(account: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(account)).digest("hex");
}
