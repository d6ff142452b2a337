import { nameOf } from "../data/references.js";
import { naturalAmount, typeOf } from "../ledger/chart.js";
import { accountsWith, type ReportSource } from "./balances.js";
import { cell, column, dataRow, money, type Row, section } from "./report-shape.js";

/** A section of a statement with what it adds up to, in cents. */
export interface Part {
  row: Row;
  cents: bigint;
}

/** The accounts of one type under a title, each with its natural amount. `extra` rows come after them. */
export function accountSection(
  source: ReportSource,
  sums: ReadonlyMap<string, bigint>,
  type: string,
  title: string,
  group: string,
  extra: readonly { name: string; cents: bigint; group: string }[] = [],
): Part {
  const accounts = accountsWith(source.records, sums).filter(({ account }) => typeOf(account) === type);
  let cents = 0n;
  const rows = accounts.map(({ account, debit }) => {
    const amount = naturalAmount(account, debit);
    cents += amount;
    return dataRow([cell(nameOf(account), account.Id), money(amount)]);
  });
  const more = extra.map((line) => {
    cents += line.cents;
    return dataRow([cell(line.name), money(line.cents)], line.group);
  });
  return { cents, row: titled(title, group, [...rows, ...more], cents) };
}

/** Sections under a title of their own. */
export function combine(title: string, group: string, parts: readonly Part[]): Part {
  const cents = parts.reduce((sum, part) => sum + part.cents, 0n);
  const rows = parts.map(({ row }) => row);
  return { cents, row: titled(title, group, rows, cents) };
}

/** A line that is only a result, such as `Net Income`. */
export function result(title: string, group: string, cents: bigint): Row {
  return section({ group, summary: [cell(title), money(cents)] });
}

/** The columns of a statement: what, and how much. */
export const statementColumns = [column("", "Account", "account"), column("Total", "Money", "total")];

function titled(title: string, group: string, rows: readonly Row[], cents: bigint): Row {
  // QuickBooks shouts its two grand titles and their totals alike.
  const total = title === title.toUpperCase() ? `TOTAL ${title}` : `Total ${title}`;
  return section({ group, header: [cell(title), cell("")], rows, summary: [cell(total), money(cents)] });
}
