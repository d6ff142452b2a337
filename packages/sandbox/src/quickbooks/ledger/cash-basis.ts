import { textIn } from "../data/json.js";
import type { QuickbooksRecords } from "../data/records.js";
import { linksOf } from "../data/settlement.js";
import { balance, type LedgerEntry, type Posting } from "./entry.js";

const payers: Readonly<Record<string, string>> = {
  Invoice: "Payment",
  CreditMemo: "Payment",
  Bill: "BillPayment",
  VendorCredit: "BillPayment",
};

/** What was paid of a transaction on a day, in cents. */
interface Settlement {
  date: string;
  cents: bigint;
}

/**
 * The books on another basis. On the cash basis an invoice, a bill or a credit counts as far as it is paid, on the day
 * of the payment (its own day, when it was paid in advance); the parts of it in proportion.
 */
export function toBasis(
  accrual: readonly LedgerEntry[],
  basis: "Accrual" | "Cash",
  records: QuickbooksRecords,
): readonly LedgerEntry[] {
  if (basis === "Accrual") return accrual;
  const settlements = listSettlements(accrual, records);
  return accrual.flatMap((entry) =>
    payers[entry.entity] === undefined || !isOwed(entry, records)
      ? [entry]
      : portions(entry, settlements.get(`${entry.entity}:${entry.id}`) ?? []),
  );
}

/** Whether an entry waits for money. Not so the second one of an invoice: the deposit that came with it. */
function isOwed(entry: LedgerEntry, records: QuickbooksRecords): boolean {
  const type = records.get("Account", entry.postings[0]?.accountId ?? "")?.AccountType;
  return type === "Accounts Receivable" || type === "Accounts Payable";
}

function listSettlements(accrual: readonly LedgerEntry[], records: QuickbooksRecords): Map<string, Settlement[]> {
  const settlements = new Map<string, Settlement[]>();
  const add = (key: string, settlement: Settlement): void => {
    settlements.set(key, [...(settlements.get(key) ?? []), settlement]);
  };
  for (const entry of accrual) {
    if (entry.entity !== "Invoice" || isOwed(entry, records)) continue;
    add(`${entry.entity}:${entry.id}`, { date: entry.date, cents: entry.postings[0]?.debit ?? 0n });
  }
  for (const payer of ["Payment", "BillPayment"]) {
    for (const payment of records.all(payer)) {
      for (const { entity, id, cents } of linksOf(payer, payment)) {
        add(`${entity}:${id}`, { date: textIn(payment, "TxnDate") ?? "", cents });
      }
    }
  }
  return settlements;
}

function portions(entry: LedgerEntry, settlements: readonly Settlement[]): LedgerEntry[] {
  const [total, ...parts] = entry.postings;
  if (total === undefined) return [];
  const whole = total.debit < 0n ? -total.debit : total.debit;
  let paid = 0n;
  return settlements
    .map((settlement) => (settlement.date < entry.date ? { ...settlement, date: entry.date } : settlement))
    .toSorted((left, right) => (left.date < right.date ? -1 : Number(left.date > right.date)))
    .map(({ date, cents }) => {
      const before = paid;
      paid += cents;
      // The difference of two running shares, so that all portions together are the whole.
      const share = (posting: Posting): Posting => ({
        ...posting,
        debit: (posting.debit * paid) / whole - (posting.debit * before) / whole,
      });
      return { ...entry, date, postings: balance(share(total), parts.map(share), total.accountId) };
    });
}
