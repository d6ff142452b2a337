import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** What one process asks of the budget of one account. */
export interface BudgetQuestion {
  /** The budget's key: see `accountKey`. */
  readonly account: string;
  /** Who asks: made anew by each process, for each account. */
  readonly holder: string;
  /** Calls that it would make and has no moment for yet. */
  readonly calls: number;
  /** Of those, so many at once. */
  readonly most: number;
  /** Whether it will soon ask for more: it made all calls that it was given before. */
  readonly again: boolean;
  /** Calls that it was given before and did not make. */
  readonly returned: number;
  /** Milliseconds between two calls, of all processes; `null` = there is no rate. */
  readonly intervalMs: number | null;
  /** Calls that may go at once after as many intervals without one. */
  readonly burst: number;
  /** A call is given so many milliseconds before its moment at the earliest. */
  readonly horizonMs: number;
  /** Calls at work at once, of all processes; `null` = there is no such limit. */
  readonly placesMax: number | null;
  /** Calls that it has at work, and those that it has a moment for. */
  readonly inUse: number;
  /** Calls of a day, as far as they are known without the vendor telling; `null` = they are not. */
  readonly quotaMax: number | null;
  /** Part of the quota that this one may be used up for, 0 to 1. */
  readonly share: number;
  /** What the vendor said of the quota since the last question. */
  readonly told?: { readonly used: number; readonly max: number } | undefined;
  /** How long the vendor asked to be left alone since the last question. */
  readonly pauseMs?: number | undefined;
  /** How long places are kept that it does not use: from now, or from the last moment that it is given. */
  readonly freshMs: number;
  /** How long places are kept that it uses. */
  readonly leaseMs: number;
}

/** Why there was nothing, or less than was asked for. */
export type BudgetReason = "rate" | "places" | "paused" | "quota";

/** What a process may take. */
export interface BudgetAnswer {
  readonly holder: string;
  /** Epoch milliseconds of the database, with fractions. */
  readonly answeredAtMs: number;
  /** Calls; the first `atOnce` in `firstInMs` from then, the n-th of the next ones n intervals later. `null` = only places limit them. */
  readonly calls: number | null;
  readonly firstInMs: number | null;
  readonly atOnce: number;
  /** Calls that it may have at work; `null` = there is no such limit. */
  readonly places: number | null;
  /** Whether it gives up a place that gets free: another process has none. */
  readonly yields: boolean;
  /** When to ask again, in milliseconds from then, where it did not get all. */
  readonly waitMs: number | null;
  readonly reason: BudgetReason | null;
}

/** An account whose vendor asked to be left alone. */
export interface PausedBudget {
  readonly account: string;
  /** Epoch milliseconds of the database. */
  readonly untilMs: number;
}

/** Allowances of accounts at vendors, shared by all processes. */
export interface SystemBudgetRepository {
  /**
   * Asks for several accounts in one round trip. The answers come in no order. Accounts for which somebody else is just answered
   * have none: ask again.
   */
  ask(questions: readonly BudgetQuestion[]): Promise<readonly BudgetAnswer[]>;
  /** Accounts whose vendor asked to be left alone within the last so many milliseconds, and does still. */
  listPaused(withinMs: number): Promise<readonly PausedBudget[]>;
  /** Removes budgets that nobody has asked of for so long, `limit` at most. @returns How many. */
  prune(unusedForMs: number, limit: number): Promise<number>;
}

/** The functions for budgets. */
export function createSystemBudgetRepository(query: SystemQuery): SystemBudgetRepository {
  return {
    ask(questions) {
      const asks = questions.map((question) => ({
        account: question.account,
        holder: question.holder,
        calls: question.calls,
        most: question.most,
        again: question.again,
        returned: question.returned,
        interval_ms: question.intervalMs,
        burst: question.burst,
        horizon_ms: question.horizonMs,
        places_max: question.placesMax,
        in_use: question.inUse,
        quota_max: question.quotaMax,
        share: question.share,
        told_used: question.told?.used ?? null,
        told_max: question.told?.max ?? null,
        pause_ms: question.pauseMs ?? null,
        fresh_ms: question.freshMs,
        lease_ms: question.leaseMs,
      }));
      return query<BudgetAnswer>(Prisma.sql`
        select for_holder::text as "holder", answered_at_ms as "answeredAtMs", calls, first_in_ms as "firstInMs", at_once as "atOnce", places,
          yields, wait_ms as "waitMs", reason
        from isthmus_ask_budgets(${JSON.stringify(asks)}::jsonb)`);
    },
    listPaused: (withinMs) =>
      query<PausedBudget>(
        Prisma.sql`select account, until_ms as "untilMs" from isthmus_list_paused_budgets(${withinMs}::float8)`,
      ),
    async prune(unusedForMs, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_budgets(${unusedForMs}::float8, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
