import type { QuickbooksRecord } from "../data/records.js";
import { nameOf } from "../data/references.js";
import { isProfitAccount, typeOf } from "../ledger/chart.js";
import { combine, type Part, result, statementColumns } from "./account-section.js";
import { accountsWith, type ReportSource, sumAccounts } from "./balances.js";
import { cell, dataRow, money, type ReportBody } from "./report-shape.js";

const operating = [
  "Accounts Receivable",
  "Other Current Asset",
  "Accounts Payable",
  "Credit Card",
  "Other Current Liability",
];

/** Where the cash of a period came from, by the indirect method: the profit, and what other balances took or gave. */
export function cashFlow(source: ReportSource): ReportBody {
  const { start, end } = source.parameters;
  const moved = accountsWith(source.records, sumAccounts(source.entries, { start, end }));
  const until = accountsWith(source.records, sumAccounts(source.entries, { end }));
  const sum = (rows: typeof moved, belongs: (account: QuickbooksRecord) => boolean): bigint =>
    rows.filter(({ account }) => belongs(account)).reduce((total, { debit }) => total + debit, 0n);
  const netIncome = -sum(moved, isProfitAccount);
  const parts = (types: readonly string[]): Part[] =>
    moved
      .filter(({ account }) => types.includes(typeOf(account)) && !isCash(account))
      .map(({ account, debit }) => ({
        cents: -debit,
        row: dataRow([cell(nameOf(account), account.Id), money(-debit)]),
      }));
  const profit = { cents: netIncome, row: dataRow([cell("Net Income"), money(netIncome)], "NetIncome") };
  const adjustments = combine("Adjustments to reconcile Net Income", "OperatingAdjustments", parts(operating));
  const change = sum(moved, isCash);
  const ending = sum(until, isCash);
  return {
    columns: statementColumns,
    rows: [
      combine("OPERATING ACTIVITIES", "OperatingActivities", [profit, adjustments]).row,
      combine("INVESTING ACTIVITIES", "InvestingActivities", parts(["Fixed Asset", "Other Asset"])).row,
      combine("FINANCING ACTIVITIES", "FinancingActivities", parts(["Long Term Liability", "Equity"])).row,
      result("Net cash increase for period", "CashIncrease", change),
      result("Cash at beginning of period", "BeginningCash", ending - change),
      result("Cash at end of period", "EndingCash", ending),
    ],
  };
}

/** Money in banks, and money on its way there. */
function isCash(account: QuickbooksRecord): boolean {
  return typeOf(account) === "Bank" || account.AccountSubType === "UndepositedFunds";
}
