import { referenceIn, textIn } from "../data/json.js";
import type { JsonObject, QuickbooksRecords } from "../data/records.js";
import { linksOf } from "../data/settlement.js";
import { typeOf } from "./chart.js";
import type { LedgerEntry } from "./entry.js";

/** Which books are looked at: what customers owe, or what is owed to vendors. */
export type OpenBooks = "Accounts Receivable" | "Accounts Payable";

/** What is left of one transaction for one customer or vendor. */
export interface OpenItem {
  /** The id of the customer or vendor; `undefined`: an entry that names none. */
  holderId: string | undefined;
  /** `DueDate`, or the day of a transaction that has none. */
  dueDate: string;
  /** Cents; negative for unapplied payments and credits. Never zero. */
  cents: bigint;
}

const payers: Readonly<Record<OpenBooks, { payer: string; debt: string; holder: string }>> = {
  "Accounts Receivable": { payer: "Payment", debt: "Invoice", holder: "CustomerRef" },
  "Accounts Payable": { payer: "BillPayment", debt: "Bill", holder: "VendorRef" },
};

/**
 * What was open at the end of a day. The sum is the balance of the accounts of that type on that day:
 * an application takes as much from the payment as from what it pays, and counts once both have happened.
 *
 * @param entries - The books on the accrual basis.
 */
export function openItems(
  entries: readonly LedgerEntry[],
  books: OpenBooks,
  date: string,
  records: QuickbooksRecords,
): OpenItem[] {
  const accounts = new Set(
    records
      .all("Account")
      .filter((account) => typeOf(account) === books)
      .map(({ Id }) => Id),
  );
  const sign = books === "Accounts Receivable" ? 1n : -1n;
  const items = new Map<string, Map<string | undefined, OpenItem>>();
  const add = (key: string, holderId: string | undefined, dueDate: string, cents: bigint): void => {
    const holders = items.get(key) ?? new Map<string | undefined, OpenItem>();
    items.set(key, holders);
    holders.set(holderId, { holderId, dueDate, cents: (holders.get(holderId)?.cents ?? 0n) + cents });
  };
  for (const entry of entries) {
    if (entry.date > date) continue;
    for (const posting of entry.postings) {
      if (!accounts.has(posting.accountId)) continue;
      const holderId = books === "Accounts Receivable" ? posting.customerId : posting.vendorId;
      const record = records.get(entry.entity, entry.id);
      const dueDate = record === undefined ? entry.date : dueDateOf(record);
      add(keyOf(entry.entity, entry.id), holderId, dueDate, sign * posting.debit);
    }
  }
  const { payer, debt, holder } = payers[books];
  for (const payment of records.all(payer)) {
    const paidOn = dayOf(payment);
    if (paidOn > date) continue;
    for (const link of linksOf(payer, payment)) {
      const target = records.get(link.entity, link.id);
      if (target === undefined || dayOf(target) > date) continue;
      const cents = link.entity === debt ? link.cents : -link.cents;
      add(keyOf(payer, payment.Id), referenceIn(payment, holder), paidOn, cents);
      add(keyOf(link.entity, link.id), referenceIn(target, holder), dueDateOf(target), -cents);
    }
  }
  return [...items.values()].flatMap((holders) => [...holders.values()]).filter((item) => item.cents !== 0n);
}

function keyOf(entity: string, id: string): string {
  return `${entity}:${id}`;
}

function dayOf(record: JsonObject): string {
  return textIn(record, "TxnDate") ?? "";
}

function dueDateOf(record: JsonObject): string {
  return textIn(record, "DueDate") ?? dayOf(record);
}
