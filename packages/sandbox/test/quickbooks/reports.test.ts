import { createRequire } from "node:module";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { QuickbooksRecord } from "../../src/index.js";
import { apiWith, connect, type Fields, faultOf, fieldsOf, listOf, startForTest } from "./client.js";

// Its own types describe an ES module, which it is not.
const QuickBooks: new (...values: unknown[]) => object = createRequire(import.meta.url)("node-quickbooks");

const sandbox = await startForTest();
const { realmId, access_token } = await connect(sandbox);
const api = apiWith(sandbox, realmId, access_token);
const { id, secret } = sandbox.client;
const client = new QuickBooks(id, secret, access_token, false, realmId, true, false, 75, "2.0", "");
Object.assign(client, { endpoint: `${sandbox.url}/v3/company/` });

afterAll(() => sandbox.close());

/** Calls plain node-quickbooks. */
function report(name: string, options: Fields = {}): Promise<Fields> {
  const run: unknown = Reflect.get(client, `report${name}`);
  if (typeof run !== "function") throw new Error(`node-quickbooks has no report${name}.`);
  return new Promise((resolve, reject) => {
    run.call(client, options, (error: unknown, data: unknown) => (error ? reject(error) : resolve(fieldsOf(data))));
  });
}

const all = (entity: string): readonly QuickbooksRecord[] => sandbox.records(realmId).all(entity);
const cents = (value: unknown): number => Math.round(Number(value ?? 0) * 100);
const sum = (records: readonly Fields[], field: string): number =>
  records.reduce((total, record) => total + cents(record[field]), 0);
const rowsOf = (part: unknown): Fields[] => listOf(fieldsOf(fieldsOf(part).Rows).Row);
const cellsOf = (row: Fields): unknown[] => listOf(row.ColData).map(({ value }) => value);

/** Every row of a report, however deep. */
const everyRow = (part: unknown): Fields[] => rowsOf(part).flatMap((row) => [row, ...everyRow(row)]);

/** The cells of the summary of a group. */
function summaryOf(answer: Fields, group: string): unknown[] {
  const row = everyRow(answer).find((candidate) => candidate.group === group);
  return cellsOf(fieldsOf(row?.Summary));
}

/** What a trial balance says of an account: cents, credits negative. */
function balanceOf(answer: Fields, name: string): number {
  const cells = rowsOf(answer).map(cellsOf);
  const row = cells.find(([account]) => account === name);
  return cents(row?.[1]) - cents(row?.[2]);
}

/** What must hold in every company at every moment. */
async function expectSoundReports(): Promise<void> {
  const trial = await report("TrialBalance");
  const [, debits, credits] = summaryOf(trial, "GrandTotal");
  expect(debits).toBe(credits);
  const receivables = summaryOf(await report("AgedReceivables"), "GrandTotal").at(-1);
  const payables = summaryOf(await report("AgedPayables"), "GrandTotal").at(-1);
  expect(cents(receivables)).toBe(balanceOf(trial, "Accounts Receivable (A/R)"));
  expect(cents(payables)).toBe(-balanceOf(trial, "Accounts Payable (A/P)"));
  for (const accounting_method of ["Accrual", "Cash"]) {
    const sheet = await report("BalanceSheet", { accounting_method });
    expect(summaryOf(sheet, "TotalAssets")[1]).toBe(summaryOf(sheet, "TotalLiabilitiesAndEquity")[1]);
    const flow = await report("CashFlow", { accounting_method });
    const activities = ["OperatingActivities", "InvestingActivities", "FinancingActivities"];
    const flowed = activities.reduce((total, group) => total + cents(summaryOf(flow, group)[1]), 0);
    expect(cents(summaryOf(flow, "CashIncrease")[1])).toBe(flowed);
  }
}

const from = { start_date: "2000-01-01" };

describe("reports over plain node-quickbooks", () => {
  it("balance in the seeded company, to the cent", async () => {
    await expectSoundReports();
    const trial = await report("TrialBalance", from);
    expect(balanceOf(trial, "Accounts Receivable (A/R)")).toBe(
      sum(all("Invoice"), "Balance") - sum(all("Payment"), "UnappliedAmt"),
    );
    expect(balanceOf(trial, "Accounts Payable (A/P)")).toBe(-sum(all("Bill"), "Balance"));
    expect(balanceOf(trial, "Mastercard")).toBe(-sum(all("Purchase"), "TotalAmt"));
    expect(balanceOf(trial, "Undeposited Funds")).toBe(
      sum(all("Payment"), "TotalAmt") + sum(all("SalesReceipt"), "TotalAmt"),
    );
    expect(balanceOf(trial, "Savings")).toBe(250_000);
  });

  it("tell the profit of the seeded company, in QuickBooks' shape", async () => {
    const answer = await report("ProfitAndLoss", from);
    expect(answer.Header).toMatchObject({
      ReportName: "ProfitAndLoss",
      ReportBasis: "Accrual",
      StartPeriod: "2000-01-01",
      Currency: "USD",
    });
    expect(fieldsOf(answer.Columns).Column).toMatchObject([
      { ColTitle: "", ColType: "Account" },
      { ColTitle: "Total", ColType: "Money" },
    ]);
    const income = sum(all("Invoice"), "TotalAmt") + sum(all("SalesReceipt"), "TotalAmt");
    const expenses = sum(all("Bill"), "TotalAmt") + sum(all("Purchase"), "TotalAmt");
    expect(cents(summaryOf(answer, "Income")[1])).toBe(income);
    expect(cents(summaryOf(answer, "NetIncome")[1])).toBe(income - expenses);
    const cash = await report("ProfitAndLoss", { ...from, accounting_method: "Cash" });
    const applied = sum(all("Payment"), "TotalAmt") - sum(all("Payment"), "UnappliedAmt");
    expect(cents(summaryOf(cash, "Income")[1])).toBe(applied + sum(all("SalesReceipt"), "TotalAmt"));
    expect(cents(summaryOf(cash, "Expenses")[1])).toBe(sum(all("Purchase"), "TotalAmt"));
  });

  it("age what one customer owes by its due dates, credits negative", async () => {
    const customer = await api.create("Customer", { DisplayName: "Aged Example" });
    const CustomerRef = { value: customer.Id };
    const Line = [
      {
        Amount: 100,
        DetailType: "SalesItemLineDetail",
        SalesItemLineDetail: { ItemRef: { value: all("Item")[0]?.Id } },
      },
    ];
    for (const DueDate of ["2026-03-31", "2026-03-30", "2026-03-01", "2026-02-28", "2025-12-30", "2025-12-01"]) {
      await api.create("Invoice", { CustomerRef, Line, DueDate, TxnDate: "2025-11-01" });
    }
    await api.create("Payment", { CustomerRef, TotalAmt: 12.34, TxnDate: "2026-03-31" });
    const asked = { customer: customer.Id, report_date: "2026-03-31" };
    const answer = await report("AgedReceivables", asked);
    expect(listOf(fieldsOf(answer.Columns).Column).map(({ ColTitle }) => ColTitle)).toEqual([
      "",
      "Current",
      "1 - 30",
      "31 - 60",
      "61 - 90",
      "91 and over",
      "Total",
    ]);
    const row = ["Aged Example", "87.66", "200.00", "100.00", "", "200.00", "587.66"];
    expect(rowsOf(answer).map(cellsOf)[0]).toEqual(row);
    const before = await report("AgedReceivables", { ...asked, report_date: "2026-03-30", num_periods: 1 });
    expect(rowsOf(before).map(cellsOf)[0]).toEqual(["Aged Example", "200.00", "400.00", "600.00"]);
  });

  it("list every posting of an account up to the balance that the trial balance has", async () => {
    const savings = all("Account").find(({ Name }) => Name === "Savings");
    const answer = await report("GeneralLedgerDetail", { ...from, account: savings?.Id });
    const [section] = rowsOf(answer);
    expect(rowsOf(answer)).toHaveLength(1);
    expect(rowsOf(section).map(cellsOf)).toEqual([
      [expect.any(String), "Transfer", "", "", "", "Checking", "2500.00", "2500.00"],
    ]);
    expect(cellsOf(fieldsOf(section?.Summary))[6]).toBe("2500.00");
  });

  it("refuse a date that is none, a basis that is none and a report that there is not", async () => {
    expect(faultOf(await api.get("/reports/TrialBalance?end_date=2026-02-30"))).toBe("400/2060");
    expect(faultOf(await api.get("/reports/AgedPayables?report_date=soon"))).toBe("400/2060");
    expect(faultOf(await api.get("/reports/ProfitAndLoss?accounting_method=Barter"))).toBe("400/2010");
    expect(faultOf(await api.get("/reports/HoroscopeDetail"))).toBe("400/2000");
  });

  it("keep debits equal to credits and ageing equal to what is owed, whatever is entered", async () => {
    const accountOf = (name: string) => ({ value: all("Account").find(({ Name }) => Name === name)?.Id });
    const [customer, vendor, item] = [all("Customer")[0], all("Vendor")[0], all("Item")[0]];
    const [CustomerRef, VendorRef] = [{ value: customer?.Id }, { value: vendor?.Id }];
    const [Checking, Travel] = [accountOf("Checking"), accountOf("Travel")];
    const sale = (amount: number) => ({
      CustomerRef,
      Line: [
        { Amount: amount, DetailType: "SalesItemLineDetail", SalesItemLineDetail: { ItemRef: { value: item?.Id } } },
        { DetailType: "DiscountLineDetail", DiscountLineDetail: { PercentBased: true, DiscountPercent: 7 } },
      ],
      TxnTaxDetail: { TotalTax: 1.23 },
    });
    const AccountBasedExpenseLineDetail = { AccountRef: Travel };
    const buy = (Amount: number) => ({
      Line: [{ Amount, DetailType: "AccountBasedExpenseLineDetail", AccountBasedExpenseLineDetail }],
    });
    const journal = (Amount: number, PostingType: string, account: string, Entity?: Fields) => ({
      Amount,
      DetailType: "JournalEntryLineDetail",
      JournalEntryLineDetail: { PostingType, AccountRef: accountOf(account), ...(Entity && { Entity }) },
    });
    const link = (TxnType: string, record: Fields, Amount: unknown) => ({
      Amount,
      LinkedTxn: [{ TxnId: record.Id, TxnType }],
    });
    const steps: Record<string, (amount: number) => Promise<unknown>> = {
      invoice: (amount) => api.create("Invoice", { ...sale(amount), Deposit: 0.5 }),
      inclusive: (amount) => api.create("Invoice", { ...sale(amount + 2), GlobalTaxCalculation: "TaxInclusive" }),
      paid: async (amount) => {
        const invoice = await api.create("Invoice", sale(amount));
        const Line = [link("Invoice", invoice, invoice.Balance)];
        return api.create("Payment", { CustomerRef, TotalAmt: amount + 5, Line });
      },
      credited: async (amount) => {
        const [invoice, memo] = [
          await api.create("Invoice", sale(amount)),
          await api.create("CreditMemo", sale(amount)),
        ];
        const Line = [link("Invoice", invoice, invoice.Balance), link("CreditMemo", memo, memo.Balance)];
        return api.create("Payment", { CustomerRef, TotalAmt: 0, Line });
      },
      voided: async (amount) => api.post("/invoice?operation=void", await api.create("Invoice", sale(amount))),
      memo: (amount) => api.create("CreditMemo", sale(amount)),
      receipt: (amount) => api.create("SalesReceipt", sale(amount)),
      refund: (amount) => api.create("RefundReceipt", { ...sale(amount), DepositToAccountRef: Checking }),
      bill: (amount) => api.create("Bill", { VendorRef, ...buy(amount) }),
      vendorCredit: (amount) => api.create("VendorCredit", { VendorRef, ...buy(amount) }),
      billPaid: async (amount) => {
        const bill = await api.create("Bill", { VendorRef, ...buy(amount) });
        const CheckPayment = { BankAccountRef: Checking };
        const Line = [link("Bill", bill, amount)];
        return api.create("BillPayment", { VendorRef, TotalAmt: amount + 1, PayType: "Check", CheckPayment, Line });
      },
      purchase: (amount) => api.create("Purchase", { AccountRef: Checking, PaymentType: "Check", ...buy(amount) }),
      journal: (amount) =>
        api.create("JournalEntry", {
          Line: [
            journal(amount, "Debit", "Accounts Receivable (A/R)", { Type: "Customer", EntityRef: CustomerRef }),
            journal(amount, "Credit", "Accounts Payable (A/P)", { Type: "Vendor", EntityRef: VendorRef }),
          ],
        }),
      deposit: (Amount) =>
        api.create("Deposit", {
          DepositToAccountRef: Checking,
          Line: [{ Amount, DetailType: "DepositLineDetail", DepositLineDetail: { AccountRef: Travel } }],
        }),
      transfer: (Amount) =>
        api.create("Transfer", { FromAccountRef: Checking, ToAccountRef: accountOf("Savings"), Amount }),
    };
    const step = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.integer({ min: 200, max: 900_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (sequence) => {
        for (const [name, amount] of sequence) await steps[name]?.(amount / 100);
        await expectSoundReports();
      }),
      { numRuns: 25, seed: 7, endOnFailure: true },
    );
  });
});
