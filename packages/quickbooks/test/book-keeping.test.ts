import type { QuickbooksSandbox } from "@isthmus/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FlatRow, flattenReport, type QuickbooksConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: QuickbooksSandbox;
let quickbooks: QuickbooksConnector;
let item = "";
let bank = "";
beforeAll(async () => {
  sandbox = await startSandbox();
  quickbooks = await connectedTo(sandbox);
  const firstId = async (query: string) => {
    for await (const { Id } of quickbooks.query(query)) return String(Id);
    throw new Error(`Nothing is found by ${query}.`);
  };
  item = await firstId("select * from Item where Type = 'Service'");
  bank = await firstId("select * from Account where AccountType = 'Bank'");
});
afterAll(async () => {
  await quickbooks.close();
  await sandbox.close();
});

/** Cents of a decimal string, exactly. */
function cents(amount: string | undefined): bigint {
  if (amount === undefined || amount === "") return 0n;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  if (whole === "") throw new Error(`${amount} is no amount of cents.`);
  const value = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0") || "0");
  return sign === "-" ? -value : value;
}
const amountOf = (value: number) => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, "0")}`;
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
const line = (Amount: string) => ({
  DetailType: "SalesItemLineDetail",
  Amount,
  SalesItemLineDetail: { ItemRef: { value: item } },
});

interface Step {
  readonly kind: "invoice" | "pay" | "credit" | "refund" | "void";
  readonly cents: number;
}

/** Does business with one customer. @returns what they owe by our own reckoning, in cents. */
async function doBusiness(customer: string, steps: readonly Step[]): Promise<bigint> {
  const CustomerRef = { value: customer };
  const open: { Id: string; total: bigint; left: bigint }[] = [];
  let owed = 0n;
  for (const { kind, cents: value } of steps) {
    const Amount = amountOf(value);
    if (kind === "invoice") {
      const { Id } = await quickbooks.create("Invoice", { CustomerRef, Line: [line(Amount)] });
      open.push({ Id, total: BigInt(value), left: BigInt(value) });
      owed += BigInt(value);
    } else if (kind === "credit") {
      await quickbooks.create("CreditMemo", { CustomerRef, Line: [line(Amount)] });
      owed -= BigInt(value);
    } else if (kind === "refund") {
      await quickbooks.create("RefundReceipt", {
        CustomerRef,
        DepositToAccountRef: { value: bank },
        Line: [line(Amount)],
      });
    } else {
      const invoice = open.at(-1);
      if (invoice === undefined || invoice.left === 0n) continue;
      if (kind === "void") {
        await quickbooks.void("Invoice", { Id: invoice.Id });
        // What was paid for it stays with the customer.
        owed -= invoice.total;
        open.pop();
        continue;
      }
      const paid = BigInt(value) < invoice.left ? BigInt(value) : invoice.left;
      await quickbooks.create("Payment", {
        CustomerRef,
        TotalAmt: amountOf(Number(paid)),
        Line: [{ Amount: amountOf(Number(paid)), LinkedTxn: [{ TxnId: invoice.Id, TxnType: "Invoice" }] }],
      });
      invoice.left -= paid;
      owed -= paid;
    }
  }
  return owed;
}

const rowsOf = async (name: "TrialBalance" | "AgedReceivables") => flattenReport(await quickbooks.report(name, {}));
const named = (rows: readonly FlatRow[], title: RegExp) => rows.filter(({ values }) => title.test(values[""] ?? ""));

describe("books", () => {
  it("balance to the cent after any sequence of invoices, payments, credits, refunds and voidings", async () => {
    const step = fc.record({
      kind: fc.constantFrom<Step["kind"]>("invoice", "invoice", "pay", "credit", "refund", "void"),
      cents: fc.integer({ min: 1, max: 1_000_000 }),
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        count += 1;
        const { Id, DisplayName } = await quickbooks.create("Customer", { DisplayName: `Books ${count}` });
        const owed = await doBusiness(Id, steps);

        const [trial, aged] = [await rowsOf("TrialBalance"), await rowsOf("AgedReceivables")];
        const postings = trial.filter(({ kind }) => kind !== "summary");
        expect(sum(postings.map(({ values }) => cents(values.Debit)))).toBe(
          sum(postings.map(({ values }) => cents(values.Credit))),
        );
        const customers = aged.filter(({ kind }) => kind === "data");
        const own = named(customers, new RegExp(`^${String(DisplayName)}$`));
        expect(sum(own.map(({ values }) => cents(values.Total)))).toBe(owed);
        const receivable = named(postings, /^Accounts Receivable/);
        expect(sum(customers.map(({ values }) => cents(values.Total)))).toBe(
          sum(receivable.map(({ values }) => cents(values.Debit) - cents(values.Credit))),
        );
      }),
      { numRuns: 15, seed: 20_261_126 },
    );
  }, 60_000);
});
