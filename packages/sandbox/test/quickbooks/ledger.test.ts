import { afterAll, describe, expect, it } from "vitest";
import type { QuickbooksRecord } from "../../src/index.js";
import { createPseudoRandom } from "../../src/shared/pseudo-random.js";
import { type Fields, fieldsOf, listOf, openApi, startForTest } from "./client.js";

const sandbox = await startForTest();
const api = await openApi(sandbox);

afterAll(() => sandbox.close());

const all = (entity: string): readonly QuickbooksRecord[] => sandbox.records(sandbox.realmId).all(entity);
const cents = (value: unknown): number => Math.round(Number(value ?? 0) * 100);
const sum = (records: readonly Fields[], field: string): number =>
  records.reduce((total, record) => total + cents(record[field]), 0);
const of = (records: readonly QuickbooksRecord[], reference: string, id: string) =>
  records.filter((record) => fieldsOf(record[reference]).value === id);

/** What must hold in every company at every moment. */
function expectSoundLedger(): void {
  const paidOn = new Map<string, number>();
  for (const payment of all("Payment")) {
    let applied = 0;
    for (const line of listOf(payment.Line)) {
      for (const link of listOf(line.LinkedTxn)) {
        paidOn.set(String(link.TxnId), (paidOn.get(String(link.TxnId)) ?? 0) + cents(line.Amount));
        applied += cents(line.Amount);
      }
    }
    expect(cents(payment.UnappliedAmt)).toBe(cents(payment.TotalAmt) - applied);
  }
  for (const invoice of all("Invoice")) {
    expect(cents(invoice.Balance)).toBe(cents(invoice.TotalAmt) - (paidOn.get(invoice.Id) ?? 0));
    expect(cents(invoice.Balance)).toBeGreaterThanOrEqual(0);
  }
  for (const customer of all("Customer")) {
    const owed = sum(of(all("Invoice"), "CustomerRef", customer.Id), "Balance");
    const credit = sum(of(all("Payment"), "CustomerRef", customer.Id), "UnappliedAmt");
    expect(cents(customer.Balance)).toBe(owed - credit);
  }
}

describe("the ledger", () => {
  it("adds up in the seeded company", () => {
    expect(all("Invoice").length).toBeGreaterThan(50);
    expect(all("Payment").length).toBeGreaterThan(20);
    expectSoundLedger();
  });

  it("adds up after any mixture of invoices, payments, changes, voids and deletions", async () => {
    const random = createPseudoRandom(7);
    const [item] = all("Item");
    const line = () => ({
      Amount: random.between(1, 99_999) / 100,
      DetailType: "SalesItemLineDetail",
      SalesItemLineDetail: { ItemRef: { value: item?.Id } },
    });
    let accepted = 0;
    for (let step = 0; step < 400; step += 1) {
      const customer = random.pick(all("Customer"));
      const [invoice, payment] = [random.pick(all("Invoice")), random.pick(all("Payment"))];
      const amount = random.between(1, 60_000) / 100;
      const steps: (() => [path: string, body: Fields])[] = [
        () => ["/invoice", { CustomerRef: { value: customer.Id }, Line: [line(), line()] }],
        () => ["/invoice?operation=update", { ...invoice, Line: [line()] }],
        () => [
          "/invoice?operation=update",
          { Id: invoice.Id, SyncToken: invoice.SyncToken, sparse: true, CustomerRef: { value: customer.Id } },
        ],
        () => ["/invoice?operation=void", { ...invoice }],
        () => ["/invoice?operation=delete", { ...invoice }],
        () => ["/payment?operation=delete", { ...payment }],
        () => ["/payment?operation=void", { ...payment }],
        () => [
          "/payment",
          {
            CustomerRef: invoice.CustomerRef,
            TotalAmt: amount,
            Line: [
              {
                Amount: Math.min(amount, Number(invoice.Balance)),
                LinkedTxn: [{ TxnId: invoice.Id, TxnType: "Invoice" }],
              },
            ],
          },
        ],
        () => ["/payment?operation=update", { ...payment, TotalAmt: amount }],
      ];
      const [path, body] = random.pick(steps)();
      const answer = await api.post(path, body);
      expect([200, 400]).toContain(answer.status);
      if (answer.status === 200) accepted += 1;
      if (step % 20 === 19) expectSoundLedger();
    }
    expect(accepted).toBeGreaterThan(200);
  });
});
