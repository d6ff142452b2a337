import { nameOf } from "../data/references.js";
import { isProfitAccount, naturalAmount } from "../ledger/chart.js";
import type { LedgerEntry, Posting } from "../ledger/entry.js";
import { matches, type ReportSource, sumAccounts } from "./balances.js";
import { cell, column, dataRow, money, type ReportBody, type Row, section } from "./report-shape.js";

/** Every posting of a period, account by account, with the balance that it leaves. */
export function generalLedger(source: ReportSource): ReportBody {
  const { records, entries, parameters } = source;
  const { start, end } = parameters;
  const includes = matches(parameters);
  const opening = sumAccounts(entries, { end: dayBefore(start) }, includes);
  const postings = new Map<string, { entry: LedgerEntry; posting: Posting }[]>();
  for (const entry of entries.filter(({ date }) => date >= start && date <= end)) {
    for (const posting of entry.postings.filter(includes)) {
      postings.set(posting.accountId, [...(postings.get(posting.accountId) ?? []), { entry, posting }]);
    }
  }
  const rows = records.all("Account").flatMap((account): Row[] => {
    const own = postings.get(account.Id) ?? [];
    // A year's profit begins at nothing; what an asset was worth before is carried on.
    const before = isProfitAccount(account) ? 0n : (opening.get(account.Id) ?? 0n);
    if (own.length === 0 && before === 0n) return [];
    let debit = before;
    const lines = own.map(({ entry, posting }) => {
      debit += posting.debit;
      const others = new Set(entry.postings.map(({ accountId }) => accountId).filter((id) => id !== account.Id));
      const [other = account.Id] = others;
      const split = others.size > 1 ? "-Split-" : nameIn("Account", other);
      return dataRow([
        cell(entry.date),
        cell(entry.entity, entry.id),
        cell(entry.number),
        cell(nameIn("Customer", posting.customerId) || nameIn("Vendor", posting.vendorId)),
        cell(posting.memo ?? ""),
        cell(split),
        money(naturalAmount(account, posting.debit)),
        money(naturalAmount(account, debit)),
      ]);
    });
    const blank = Array.from({ length: 6 }, () => cell(""));
    const first = dataRow([cell("Beginning Balance"), ...blank, money(naturalAmount(account, before))]);
    const name = nameOf(account);
    const moved = money(naturalAmount(account, debit - before));
    return [
      section({
        header: [cell(name, account.Id), ...blank, cell("")],
        rows: [...(before === 0n ? [] : [first]), ...lines],
        summary: [cell(`Total for ${name}`), ...blank.slice(1), moved, cell("")],
      }),
    ];
  });
  return { columns, rows };

  function nameIn(entity: string, id: string | undefined): string {
    const record = id === undefined ? undefined : records.get(entity, id);
    return record === undefined ? "" : nameOf(record);
  }
}

const columns = [
  column("Date", "Date", "tx_date"),
  column("Transaction Type", "String", "txn_type"),
  column("Num", "String", "doc_num"),
  column("Name", "String", "name"),
  column("Memo/Description", "String", "memo"),
  column("Split", "String", "split_acc"),
  column("Amount", "Money", "subt_nat_amount"),
  column("Balance", "Money", "rbal_nat_amount"),
];

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
