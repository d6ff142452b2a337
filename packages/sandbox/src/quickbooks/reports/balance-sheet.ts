import { isProfitAccount } from "../ledger/chart.js";
import { accountSection, combine, statementColumns } from "./account-section.js";
import { closingBalances, type ReportSource, yearOf } from "./balances.js";
import type { ReportBody } from "./report-shape.js";

/** What the company has and owes at the end of the period, with the profit of the running year in its equity. */
export function balanceSheet(source: ReportSource): ReportBody {
  const { end } = source.parameters;
  const sums = closingBalances(source, yearOf(end), end);
  const profitAccounts = source.records.all("Account").filter(isProfitAccount);
  const netIncome = -profitAccounts.reduce((sum, { Id }) => sum + (sums.get(Id) ?? 0n), 0n);
  const part = (type: string, title: string, group: string) => accountSection(source, sums, type, title, group);
  const currentAssets = combine("Current Assets", "CurrentAssets", [
    part("Bank", "Bank Accounts", "BankAccounts"),
    part("Accounts Receivable", "Accounts Receivable", "AR"),
    part("Other Current Asset", "Other Current Assets", "OtherCurrentAssets"),
  ]);
  const assets = combine("ASSETS", "TotalAssets", [
    currentAssets,
    part("Fixed Asset", "Fixed Assets", "FixedAssets"),
    part("Other Asset", "Other Assets", "OtherAssets"),
  ]);
  const currentLiabilities = combine("Current Liabilities", "CurrentLiabilities", [
    part("Accounts Payable", "Accounts Payable", "AP"),
    part("Credit Card", "Credit Cards", "CreditCards"),
    part("Other Current Liability", "Other Current Liabilities", "OtherCurrentLiabilities"),
  ]);
  const liabilities = combine("Liabilities", "Liabilities", [
    currentLiabilities,
    part("Long Term Liability", "Long-Term Liabilities", "LongTermLiabilities"),
  ]);
  const profit = { name: "Net Income", cents: netIncome, group: "NetIncome" };
  const equity = accountSection(source, sums, "Equity", "Equity", "Equity", [profit]);
  const claims = combine("LIABILITIES AND EQUITY", "TotalLiabilitiesAndEquity", [liabilities, equity]);
  return { columns: statementColumns, rows: [assets.row, claims.row] };
}
