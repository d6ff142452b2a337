import { nameOf } from "../data/references.js";
import { accountsWith, closingBalances, type ReportSource } from "./balances.js";
import { cell, column, dataRow, money, moneyOrEmpty, type ReportBody, section } from "./report-shape.js";

/** Every account with its balance, as a debit or as a credit. */
export function trialBalance(source: ReportSource): ReportBody {
  const { start, end } = source.parameters;
  const accounts = accountsWith(source.records, closingBalances(source, start, end));
  let [debits, credits] = [0n, 0n];
  const rows = accounts.map(({ account, debit }) => {
    if (debit > 0n) debits += debit;
    else credits -= debit;
    const sides = debit > 0n ? [debit, 0n] : [0n, -debit];
    return dataRow([cell(nameOf(account), account.Id), ...sides.map(moneyOrEmpty)]);
  });
  const summary = [cell("TOTAL"), money(debits), money(credits)];
  return {
    columns: [
      column("", "Account", "account"),
      column("Debit", "Money", "debt_home_amt"),
      column("Credit", "Money", "credit_home_amt"),
    ],
    rows: [...rows, section({ group: "GrandTotal", summary })],
  };
}
