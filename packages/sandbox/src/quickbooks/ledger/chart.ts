import { textIn } from "../data/json.js";
import type { QuickbooksRecord, QuickbooksRecords } from "../data/records.js";

/** Account types whose balances make up the profit; all others stand on the balance sheet. */
const profitTypes = new Set(["Income", "Other Income", "Cost of Goods Sold", "Expense", "Other Expense"]);

/** Account types whose balance is naturally a debit. */
const debitTypes = new Set([
  "Bank",
  "Accounts Receivable",
  "Other Current Asset",
  "Fixed Asset",
  "Other Asset",
  "Cost of Goods Sold",
  "Expense",
  "Other Expense",
]);

/** Whether an account belongs to the profit and loss. */
export function isProfitAccount(account: QuickbooksRecord): boolean {
  return profitTypes.has(typeOf(account));
}

/** A balance as a reader expects it: positive when it lies on the usual side of its account. */
export function naturalAmount(account: QuickbooksRecord, debit: bigint): bigint {
  return debitTypes.has(typeOf(account)) ? debit : -debit;
}

/** `AccountType`; empty for a record without. */
export function typeOf(account: QuickbooksRecord): string {
  return textIn(account, "AccountType") ?? "";
}

/** The company's own account of a kind: by sub-type, else the first of the type, else the first of all. */
export function findAccountId(records: QuickbooksRecords, type: string, subType: string): string {
  const accounts = records.all("Account");
  const found =
    accounts.find((account) => account.AccountSubType === subType) ??
    accounts.find((account) => account.AccountType === type) ??
    accounts[0];
  if (found === undefined) throw new Error("The company has no chart of accounts.");
  return found.Id;
}
