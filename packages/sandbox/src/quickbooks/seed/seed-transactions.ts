import type { PseudoRandom } from "../../shared/pseudo-random.js";
import type { CompanyRecords } from "../data/company-records.js";
import { centsOf, toAmount } from "../data/money.js";
import type { RecordService } from "../data/record-service.js";
import { toCompanyDate } from "../data/time.js";
import { type Accounts, creatorOf } from "./seed-lists.js";

interface Cast {
  customers: { value: string }[];
  vendors: { value: string }[];
  items: { reference: { value: string }; price: number }[];
  terms: { value: string }[];
  paymentMethods: { value: string }[];
  accounts: Accounts;
}

const expenses = ["Office Expenses", "Utilities", "Rent or Lease", "Insurance", "Advertising", "Travel"] as const;

/** Half a year of business, a few transactions a week; two thirds of the invoices are paid. */
export function seedTransactions(
  service: RecordService,
  records: CompanyRecords,
  cast: Cast,
  random: PseudoRandom,
  moveClock: (daysAgo: number) => number,
): void {
  const create = creatorOf(service);
  for (let daysAgo = 182; daysAgo >= 2; daysAgo -= 2) {
    const TxnDate = toCompanyDate(moveClock(daysAgo));
    const customer = random.pick(cast.customers);
    if (daysAgo % 3 !== 0) {
      const sale = {
        TxnDate,
        CustomerRef: customer,
        Line: saleLines(cast, random),
        SalesTermRef: random.pick(cast.terms),
      };
      const invoice = create("Invoice", { ...sale, BillEmail: { Address: "billing@customer.example" } });
      if (random.chance(66) && daysAgo > 20) pay(invoice.value, customer);
    } else if (daysAgo % 2 === 0) {
      create("Bill", {
        TxnDate,
        VendorRef: random.pick(cast.vendors),
        SalesTermRef: random.pick(cast.terms),
        Line: [expenseLine(cast.accounts[random.pick(expenses)], random.between(2_500, 90_000))],
      });
    }
    if (daysAgo % 14 === 0) {
      create("Purchase", {
        TxnDate,
        PaymentType: "CreditCard",
        AccountRef: cast.accounts.Mastercard,
        Line: [expenseLine(cast.accounts["Office Expenses"], random.between(800, 20_000))],
      });
      const method = random.pick(cast.paymentMethods);
      create("SalesReceipt", {
        TxnDate,
        CustomerRef: customer,
        PaymentMethodRef: method,
        Line: saleLines(cast, random),
      });
    }
    if (daysAgo % 30 === 2) create("Estimate", { TxnDate, CustomerRef: customer, Line: saleLines(cast, random) });
  }
  seedOpenings(create, cast, toCompanyDate(moveClock(183)));
  moveClock(0);

  function pay(id: string, CustomerRef: { value: string }): void {
    const invoice = records.get("Invoice", id);
    if (invoice === undefined) return;
    // Some pay a half first.
    const cents = random.chance(15) ? centsOf(invoice.Balance) / 2n : centsOf(invoice.Balance);
    const amount = toAmount(cents);
    create("Payment", {
      CustomerRef,
      TotalAmt: amount,
      PaymentMethodRef: random.pick(cast.paymentMethods),
      DepositToAccountRef: cast.accounts["Undeposited Funds"],
      Line: [{ Amount: amount, LinkedTxn: [{ TxnId: id, TxnType: "Invoice" }] }],
    });
  }
}

function seedOpenings(create: ReturnType<typeof creatorOf>, cast: Cast, TxnDate: string): void {
  const line = (PostingType: string, AccountRef: { value: string }) => ({
    Amount: 12_500,
    DetailType: "JournalEntryLineDetail",
    JournalEntryLineDetail: { PostingType, AccountRef },
  });
  const { Checking, Savings } = cast.accounts;
  create("JournalEntry", {
    TxnDate,
    Line: [line("Debit", Checking), line("Credit", cast.accounts["Opening Balance Equity"])],
  });
  create("Transfer", { TxnDate, FromAccountRef: Checking, ToAccountRef: Savings, Amount: 2_500 });
}

function saleLines(cast: Cast, random: PseudoRandom) {
  return Array.from({ length: random.between(1, 3) }, () => {
    const { reference, price } = random.pick(cast.items);
    const Qty = random.between(1, 12);
    return {
      Amount: toAmount(BigInt(Qty) * centsOf(price)),
      DetailType: "SalesItemLineDetail",
      SalesItemLineDetail: { ItemRef: reference, Qty, UnitPrice: price },
    };
  });
}

function expenseLine(AccountRef: { value: string }, cents: number) {
  return {
    Amount: cents / 100,
    DetailType: "AccountBasedExpenseLineDetail",
    AccountBasedExpenseLineDetail: { AccountRef, BillableStatus: "NotBillable" },
  };
}
