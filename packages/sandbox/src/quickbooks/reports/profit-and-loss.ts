import { accountSection, result, statementColumns } from "./account-section.js";
import { matches, type ReportSource, sumAccounts } from "./balances.js";
import type { ReportBody } from "./report-shape.js";

/** Income, costs and what is left of a period. */
export function profitAndLoss(source: ReportSource): ReportBody {
  const { start, end } = source.parameters;
  const sums = sumAccounts(source.entries, { start, end }, matches(source.parameters));
  const part = (type: string, title: string, group: string) => accountSection(source, sums, type, title, group);
  const income = part("Income", "Income", "Income");
  const costs = part("Cost of Goods Sold", "Cost of Goods Sold", "COGS");
  const expenses = part("Expense", "Expenses", "Expenses");
  const otherIncome = part("Other Income", "Other Income", "OtherIncome");
  const otherExpenses = part("Other Expense", "Other Expenses", "OtherExpenses");
  const gross = income.cents - costs.cents;
  const operating = gross - expenses.cents;
  const other = otherIncome.cents - otherExpenses.cents;
  return {
    columns: statementColumns,
    rows: [
      income.row,
      costs.row,
      result("Gross Profit", "GrossProfit", gross),
      expenses.row,
      result("Net Operating Income", "NetOperatingIncome", operating),
      otherIncome.row,
      otherExpenses.row,
      result("Net Other Income", "NetOtherIncome", other),
      result("Net Income", "NetIncome", operating + other),
    ],
  };
}
