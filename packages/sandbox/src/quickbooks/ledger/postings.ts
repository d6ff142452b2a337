import { objectIn, objectsIn, referenceIn, textIn } from "../data/json.js";
import { centsOf } from "../data/money.js";
import type { JsonObject, QuickbooksRecord, QuickbooksRecords } from "../data/records.js";
import { findAccountId, typeOf } from "./chart.js";
import { balance, type LedgerEntry, type Posting } from "./entry.js";
import { type Parties, partiesOf, purchaseParts, saleParts } from "./line-postings.js";

type Post = (record: QuickbooksRecord, records: QuickbooksRecords) => Posting[];

/** How each transaction that touches the books does so. Estimates, orders and times are not among them. */
const posting: Readonly<Record<string, Post>> = {
  Invoice: (record, records) => postSale(record, receivable(record, records), 1n, records),
  SalesReceipt: (record, records) => postSale(record, depositTo(record, records), 1n, records),
  CreditMemo: (record, records) => postSale(record, receivable(record, records), -1n, records),
  RefundReceipt: (record, records) => postSale(record, depositTo(record, records), -1n, records),
  Payment: (record, records) => {
    const customerId = referenceIn(record, "CustomerRef");
    const total = { accountId: depositTo(record, records), debit: centsOf(record.TotalAmt), customerId };
    return balance(total, [], receivable(record, records));
  },
  Bill: (record, records) => postPurchase(record, payable(record, records), -1n, vendorOf(record), records),
  VendorCredit: (record, records) => postPurchase(record, payable(record, records), 1n, vendorOf(record), records),
  BillPayment: (record, records) => {
    const accountId =
      referenceIn(objectIn(record, "CheckPayment"), "BankAccountRef") ??
      referenceIn(objectIn(record, "CreditCardPayment"), "CCAccountRef") ??
      findAccountId(records, "Bank", "Checking");
    const total = { accountId, debit: -centsOf(record.TotalAmt), ...vendorOf(record) };
    return balance(total, [], payable(record, records));
  },
  Purchase: (record, records) => {
    const account = referenceIn(record, "AccountRef") ?? findAccountId(records, "Bank", "Checking");
    const sign = record.Credit === true ? 1n : -1n;
    return postPurchase(record, account, sign, partiesOf(objectIn(record, "EntityRef"), "Vendor"), records);
  },
  JournalEntry: postJournal,
  Deposit: postDeposit,
  Transfer: (record, records) => {
    const bank = findAccountId(records, "Bank", "Checking");
    const accountId = referenceIn(record, "ToAccountRef") ?? bank;
    return balance({ accountId, debit: centsOf(record.Amount) }, [], referenceIn(record, "FromAccountRef") ?? bank);
  },
};

/**
 * The books of a company on the accrual basis, by date; transactions of one day in the order of their ids.
 *
 * An invoice with a deposit posts twice: the sale, and the money that came with it. A void transaction posts nothing.
 * Selling stock moves no cost: the sandbox keeps no quantities.
 */
export function postLedger(records: QuickbooksRecords): LedgerEntry[] {
  const entries = Object.entries(posting).flatMap(([entity, post]) =>
    records.all(entity).flatMap((record): LedgerEntry[] => {
      const head = {
        entity,
        id: record.Id,
        date: textIn(record, "TxnDate") ?? "",
        number: textIn(record, "DocNumber") ?? "",
      };
      const sides =
        entity === "Invoice" ? [post(record, records), depositOn(record, records)] : [post(record, records)];
      return sides.filter((postings) => postings.length > 0).map((postings) => ({ ...head, postings }));
    }),
  );
  return entries.toSorted((left, right) =>
    left.date === right.date ? Number(left.id) - Number(right.id) : left.date < right.date ? -1 : 1,
  );
}

function postSale(record: QuickbooksRecord, accountId: string, sign: bigint, records: QuickbooksRecords): Posting[] {
  const total = { accountId, debit: sign * centsOf(record.TotalAmt), customerId: referenceIn(record, "CustomerRef") };
  const parts = saleParts(record, records).map((part) => ({ ...part, debit: sign * part.debit }));
  return balance(total, parts, findAccountId(records, "Income", "SalesOfProductIncome"));
}

/** Money that an invoice says has come already is no longer owed. */
function depositOn(record: QuickbooksRecord, records: QuickbooksRecords): Posting[] {
  const total = {
    accountId: depositTo(record, records),
    debit: centsOf(record.Deposit),
    customerId: referenceIn(record, "CustomerRef"),
  };
  return balance(total, [], receivable(record, records));
}

function postPurchase(
  record: QuickbooksRecord,
  accountId: string,
  sign: bigint,
  parties: Parties,
  records: QuickbooksRecords,
): Posting[] {
  const total = { ...parties, accountId, debit: sign * centsOf(record.TotalAmt) };
  const parts = purchaseParts(record, parties, records).map((part) => ({ ...part, debit: -sign * part.debit }));
  return balance(total, parts, findAccountId(records, "Expense", "OtherMiscellaneousServiceCost"));
}

/** The record service has refused entries that do not balance. */
function postJournal(record: QuickbooksRecord, records: QuickbooksRecords): Posting[] {
  return objectsIn(record, "Line").flatMap((line) => {
    const detail = objectIn(line, "JournalEntryLineDetail");
    const party = objectIn(detail, "Entity");
    const cents = line.DetailType === "DescriptionOnly" ? 0n : centsOf(line.Amount);
    if (cents === 0n) return [];
    return {
      ...partiesOf(objectIn(party, "EntityRef"), textIn(party, "Type")),
      accountId: referenceIn(detail, "AccountRef") ?? findAccountId(records, "Equity", "OpeningBalanceEquity"),
      debit: detail.PostingType === "Debit" ? cents : -cents,
      memo: textIn(line, "Description"),
    };
  });
}

function postDeposit(record: QuickbooksRecord, records: QuickbooksRecords): Posting[] {
  const undeposited = findAccountId(records, "Other Current Asset", "UndepositedFunds");
  const lines = objectsIn(record, "Line").map((line) => {
    const detail = objectIn(line, "DepositLineDetail");
    return {
      ...partiesOf(objectIn(detail, "Entity"), "Customer"),
      // A line that takes up a payment moves it out of where payments wait.
      accountId: referenceIn(detail, "AccountRef") ?? undeposited,
      debit: -centsOf(line.Amount),
      memo: textIn(line, "Description"),
    };
  });
  const back = objectIn(record, "CashBack");
  const cashBack = { accountId: referenceIn(back, "AccountRef") ?? undeposited, debit: centsOf(back.Amount) };
  const total = { accountId: depositTo(record, records), debit: centsOf(record.TotalAmt) };
  return balance(total, [...lines, cashBack], undeposited);
}

function receivable(record: JsonObject, records: QuickbooksRecords): string {
  return controlAccount(referenceIn(record, "ARAccountRef"), "Accounts Receivable", "AccountsReceivable", records);
}

function payable(record: JsonObject, records: QuickbooksRecords): string {
  return controlAccount(referenceIn(record, "APAccountRef"), "Accounts Payable", "AccountsPayable", records);
}

/** What is owed stands in an account of its type, whatever else the record names. */
function controlAccount(id: string | undefined, type: string, subType: string, records: QuickbooksRecords): string {
  const named = id === undefined ? undefined : records.get("Account", id);
  if (named !== undefined && typeOf(named) === type) return named.Id;
  const accounts = records.all("Account").filter((account) => typeOf(account) === type);
  return accounts[0]?.Id ?? findAccountId(records, type, subType);
}

function depositTo(record: JsonObject, records: QuickbooksRecords): string {
  return (
    referenceIn(record, "DepositToAccountRef") ?? findAccountId(records, "Other Current Asset", "UndepositedFunds")
  );
}

function vendorOf(record: JsonObject): Parties {
  return { vendorId: referenceIn(record, "VendorRef") };
}
