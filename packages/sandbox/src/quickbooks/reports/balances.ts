import type { CompanyRecords } from "../data/company-records.js";
import type { QuickbooksRecord } from "../data/records.js";
import { findAccountId, isProfitAccount } from "../ledger/chart.js";
import type { LedgerEntry, Posting } from "../ledger/entry.js";
import type { ReportParameters } from "./report-parameters.js";

/** What a report is computed from. */
export interface ReportSource {
  records: CompanyRecords;
  /** The books on the accrual basis. */
  accrual: readonly LedgerEntry[];
  /** The books on the basis that was asked for. */
  entries: readonly LedgerEntry[];
  parameters: ReportParameters;
}

/** Net debit in cents by account id, of all entries of a span of days. Without `start` from the beginning. */
export function sumAccounts(
  entries: readonly LedgerEntry[],
  span: { start?: string; end: string },
  includes: (posting: Posting) => boolean = () => true,
): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const entry of entries) {
    if (entry.date > span.end || (span.start !== undefined && entry.date < span.start)) continue;
    for (const posting of entry.postings) {
      if (includes(posting)) sums.set(posting.accountId, (sums.get(posting.accountId) ?? 0n) + posting.debit);
    }
  }
  return sums;
}

/** Whether a posting is of the customers, vendors and accounts that were asked for. */
export function matches({ customers, vendors, accounts }: ReportParameters): (posting: Posting) => boolean {
  const has = (ids: readonly string[], id: string | undefined) =>
    ids.length === 0 || (id !== undefined && ids.includes(id));
  return (posting) =>
    has(customers, posting.customerId) && has(vendors, posting.vendorId) && has(accounts, posting.accountId);
}

/**
 * Net debits at the end of a period: balance-sheet accounts since ever, the others since `start`;
 * the profit before `start` is in the retained earnings. They add up to zero.
 */
export function closingBalances({ records, entries }: ReportSource, start: string, end: string): Map<string, bigint> {
  const retainedId = findAccountId(records, "Equity", "RetainedEarnings");
  const sums = sumAccounts(entries, { end });
  const period = sumAccounts(entries, { start, end });
  let retained = sums.get(retainedId) ?? 0n;
  for (const account of records.all("Account").filter(isProfitAccount)) {
    const inPeriod = period.get(account.Id) ?? 0n;
    retained += (sums.get(account.Id) ?? 0n) - inPeriod;
    sums.set(account.Id, inPeriod);
  }
  return sums.set(retainedId, retained);
}

/** The first day of the company's year in which a day lies: the sandbox's companies begin theirs in January. */
export function yearOf(day: string): string {
  return `${day.slice(0, 4)}-01-01`;
}

/** The accounts with a balance, in the order of the chart. */
export function accountsWith(
  records: CompanyRecords,
  sums: ReadonlyMap<string, bigint>,
): { account: QuickbooksRecord; debit: bigint }[] {
  return records
    .all("Account")
    .map((account) => ({ account, debit: sums.get(account.Id) ?? 0n }))
    .filter(({ debit }) => debit !== 0n);
}
