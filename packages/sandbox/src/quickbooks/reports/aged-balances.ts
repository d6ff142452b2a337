import type { JsonObject } from "../data/records.js";
import { nameOf } from "../data/references.js";
import { type OpenBooks, type OpenItem, openItems } from "../ledger/open-items.js";
import type { ReportSource } from "./balances.js";
import type { ReportParameters } from "./report-parameters.js";
import { cell, column, dataRow, money, moneyOrEmpty, type ReportBody, section } from "./report-shape.js";

const dayMs = 24 * 60 * 60 * 1000;

/** What customers owe, by how long it is overdue. */
export function agedReceivables(source: ReportSource): ReportBody {
  return ageBalances(source, "Accounts Receivable", "Customer", source.parameters.customers);
}

/** What is owed to vendors, by how long it is overdue. */
export function agedPayables(source: ReportSource): ReportBody {
  return ageBalances(source, "Accounts Payable", "Vendor", source.parameters.vendors);
}

function ageBalances(source: ReportSource, books: OpenBooks, entity: string, wanted: readonly string[]): ReportBody {
  const { records, parameters } = source;
  const items = openItems(source.accrual, books, parameters.reportDate, records).filter(
    ({ holderId }) => wanted.length === 0 || (holderId !== undefined && wanted.includes(holderId)),
  );
  const byHolder = Map.groupBy(items, ({ holderId }) => holderId);
  const named = records.all(entity).flatMap((holder) => {
    const own = byHolder.get(holder.Id);
    return own === undefined ? [] : [{ name: cell(nameOf(holder), holder.Id), items: own }];
  });
  const nameless = byHolder.get(undefined);
  const holders = [
    ...named.toSorted((left, right) => left.name.value.localeCompare(right.name.value, "en")),
    ...(nameless === undefined ? [] : [{ name: cell("Not Specified"), items: nameless }]),
  ];
  const rows = holders.map(({ name, items: own }) => {
    const periods = sumPeriods(own, parameters);
    return dataRow([name, ...periods.map(moneyOrEmpty), money(total(periods))]);
  });
  const sums = sumPeriods(items, parameters);
  const summary = [cell("TOTAL"), ...[...sums, total(sums)].map(money)];
  return {
    columns: [
      column("", entity, entity.toLowerCase()),
      ...periodColumns(parameters),
      column("Total", "Money", "total"),
    ],
    rows: [...rows, section({ group: "GrandTotal", summary })],
    options: [{ Name: "report_date", Value: parameters.reportDate }],
  };
}

function periodColumns({ agingPeriod, periods }: ReportParameters): JsonObject[] {
  const overdue = Array.from({ length: periods }, (_, index) => {
    const first = index * agingPeriod + 1;
    const title = index === periods - 1 ? `${first} and over` : `${first} - ${first + agingPeriod - 1}`;
    return column(title, "Money", String(index));
  });
  return [column("Current", "Money", "current"), ...overdue];
}

/** Cents that are not yet due, and then by period overdue. */
function sumPeriods(items: readonly OpenItem[], { agingPeriod, periods, reportDate }: ReportParameters): bigint[] {
  const sums = Array.from({ length: periods + 1 }, () => 0n);
  for (const { dueDate, cents } of items) {
    const days = Math.round((Date.parse(reportDate) - Date.parse(dueDate)) / dayMs);
    const index = days > 0 ? Math.min(Math.ceil(days / agingPeriod), periods) : 0;
    sums[index] = (sums[index] ?? 0n) + cents;
  }
  return sums;
}

function total(cents: readonly bigint[]): bigint {
  return cents.reduce((sum, part) => sum + part, 0n);
}
