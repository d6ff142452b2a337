import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QuickbooksChange, QuickbooksSandbox } from "../../src/index.js";
import { type Api, type Fields, faultOf, fieldsOf, listOf, openApi, startForTest } from "./client.js";

let sandbox: QuickbooksSandbox;
let api: Api;
let sequence = 0;

beforeAll(async () => {
  sandbox = await startForTest();
  api = await openApi(sandbox);
});

afterAll(() => sandbox.close());

const unique = (name: string): string => `${name} ${++sequence}`;
const customer = (fields: Fields = {}) => api.create("Customer", { DisplayName: unique("Customer"), ...fields });
const vendor = () => api.create("Vendor", { DisplayName: unique("Vendor") });
const account = (AccountType: string) => api.create("Account", { Name: unique("Account"), AccountType });
const idOf = (entity: string): string => sandbox.records(sandbox.realmId).all(entity)[0]?.Id ?? "";
const sale = (Amount: number, detail: Fields = {}) => ({
  Amount,
  DetailType: "SalesItemLineDetail",
  SalesItemLineDetail: { ItemRef: { value: idOf("Item") }, ...detail },
});
const invoice = (holder: Fields, ...amounts: number[]) =>
  api.create("Invoice", { CustomerRef: { value: holder.Id }, Line: amounts.map((amount) => sale(amount)) });
const pay = (holder: Fields, TotalAmt: number, ...lines: [Fields, number][]) =>
  api.create("Payment", {
    CustomerRef: { value: holder.Id },
    TotalAmt,
    Line: lines.map(([paid, Amount]) => ({ Amount, LinkedTxn: [{ TxnId: paid.Id, TxnType: "Invoice" }] })),
  });

describe("creating", () => {
  it("answers in an envelope, with the fields that QuickBooks adds", async () => {
    const answer = await api.post("/customer", {
      GivenName: "Ines",
      FamilyName: unique("Kraft"),
      CompanyName: "Kraft",
    });
    expect(answer.json).toEqual({
      Customer: expect.objectContaining({
        DisplayName: `Ines Kraft ${sequence}`,
        FullyQualifiedName: `Ines Kraft ${sequence}`,
        PrintOnCheckName: "Kraft",
        Active: true,
        Balance: 0,
        SyncToken: "0",
        domain: "QBO",
        sparse: false,
        MetaData: { CreateTime: expect.stringMatching(/-08:00$/), LastUpdatedTime: expect.any(String) },
      }),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-08:00$/),
    });
  });

  it("keeps fields that it does not know", async () => {
    const answer = await api.post(
      "/customer",
      `{"DisplayName":"${unique("C")}","Flavour":{"of":["the",1.5]},"__proto__":{"a":1}}`,
    );
    const made = fieldsOf(fieldsOf(answer.json).Customer);
    expect(made).toMatchObject({ Flavour: { of: ["the", 1.5] } });
    expect(answer.text).toContain('"__proto__":{"a":1}');
  });

  it("nests names below a parent", async () => {
    const parent = await customer();
    const job = await customer({ ParentRef: { value: parent.Id }, Job: true });
    expect(job).toMatchObject({ FullyQualifiedName: `${parent.DisplayName}:${job.DisplayName}`, Level: 1, Job: true });
  });

  it("carries a new name down to what stands below", async () => {
    const parent = await api.create("Class", { Name: unique("Class") });
    const child = await api.create("Class", { Name: "Child", ParentRef: { value: parent.Id } });
    const grandchild = await api.create("Class", { Name: "Grandchild", ParentRef: { value: child.Id } });
    await api.post("/class", { Id: parent.Id, SyncToken: "0", sparse: true, Name: "Renamed" });
    expect(await api.read("Class", grandchild.Id)).toMatchObject({
      FullyQualifiedName: "Renamed:Child:Grandchild",
      ParentRef: { value: child.Id, name: "Renamed:Child" },
    });
  });

  it.each<[string, string, Fields, string]>([
    ["a customer without a name", "customer", {}, "400/6080"],
    ["an invoice without lines", "invoice", { CustomerRef: { value: "1" }, Line: [] }, "400/2020"],
    [
      "an invoice for nobody",
      "invoice",
      {
        CustomerRef: { value: "99999" },
        Line: [{ Amount: 1, DetailType: "SalesItemLineDetail", SalesItemLineDetail: {} }],
      },
      "400/2500",
    ],
    ["a bill without a vendor", "bill", { Line: [{}] }, "400/2020"],
    ["an account whose type is a trap", "account", { Name: "X", AccountType: "constructor" }, "400/2170"],
    ["an account of no known type", "account", { Name: "X", AccountType: "Treasure" }, "400/2170"],
    [
      "a transaction on no date",
      "transfer",
      { FromAccountRef: { value: "1" }, ToAccountRef: { value: "2" }, Amount: 1, TxnDate: "soon" },
      "400/2060",
    ],
    ["a tax code", "taxcode", { Name: "Mine" }, "400/500"],
    ["an unknown entity", "dragon", { Name: "Smaug" }, "400/2000"],
    ["a name that is too long", "class", { Name: "x".repeat(101) }, "400/2050"],
  ])("refuses %s", async (_case, entity, fields, fault) => {
    expect(faultOf(await api.post(`/${entity}`, fields))).toBe(fault);
  });

  it("refuses what is no JSON object", async () => {
    expect(faultOf(await api.post("/customer", "{"))).toBe("400/2010");
    expect(faultOf(await api.post("/customer", "[]"))).toBe("400/2010");
  });

  it("refuses a name that a customer, vendor or employee has, in whatever case", async () => {
    const { DisplayName } = await customer();
    for (const entity of ["customer", "vendor"]) {
      expect(faultOf(await api.post(`/${entity}`, { DisplayName: String(DisplayName).toUpperCase() }))).toBe(
        "400/6240",
      );
    }
  });

  it("refuses a DocNumber that is taken, unless duplicates are allowed", async () => {
    const holder = await customer();
    const first = await invoice(holder, 10);
    const again = { CustomerRef: { value: holder.Id }, DocNumber: first.DocNumber, Line: [sale(10)] };
    expect(faultOf(await api.post("/invoice", again))).toBe("400/6140");
    expect((await api.post("/invoice?include=allowduplicatedocnum", again)).status).toBe(200);
  });

  it("refuses an inactive reference", async () => {
    const holder = await customer();
    await api.post("/customer", { Id: holder.Id, SyncToken: "0", sparse: true, Active: false });
    const answer = await api.post("/invoice", { CustomerRef: { value: holder.Id }, Line: [sale(1)] });
    expect(faultOf(answer)).toBe("400/610");
  });

  it("refuses to write into a closed period", async () => {
    const [preferences] = sandbox.records(sandbox.realmId).all("Preferences");
    const change = async (AccountingInfoPrefs: Fields) => {
      const current = await api.read("Preferences", "1");
      await api.post("/preferences", { ...current, AccountingInfoPrefs, sparse: true });
    };
    await change({ BookCloseDate: "2020-12-31" });
    const holder = await customer();
    const old = { CustomerRef: { value: holder.Id }, TxnDate: "2020-12-31", Line: [sale(1)] };
    expect(faultOf(await api.post("/invoice", old))).toBe("400/6200");
    await change(fieldsOf(preferences?.AccountingInfoPrefs));
  });
});

describe("amounts", () => {
  it("adds up in whole cents where floating point would not", async () => {
    const made = await invoice(await customer(), 0.1, 0.2, 1.1, 2.2);
    expect(made).toMatchObject({ TotalAmt: 3.6, Balance: 3.6 });
    const many = await invoice(await customer(), ...Array.from({ length: 100 }, () => 0.07));
    expect(many.TotalAmt).toBe(7);
  });

  it("adds a sub-total line, takes a discount off and puts the tax on", async () => {
    const holder = await customer();
    const made = await api.create("Invoice", {
      CustomerRef: { value: holder.Id },
      TxnTaxDetail: { TxnTaxCodeRef: { value: "2" } },
      Line: [
        sale(19.99, { TaxCodeRef: { value: "TAX" } }),
        sale(5),
        { DetailType: "DiscountLineDetail", DiscountLineDetail: { PercentBased: true, DiscountPercent: 10 } },
      ],
    });
    const lines = listOf(made.Line);
    expect(lines.map((line) => [line.DetailType, line.Amount])).toEqual([
      ["SalesItemLineDetail", 19.99],
      ["SalesItemLineDetail", 5],
      ["SubTotalLineDetail", 24.99],
      ["DiscountLineDetail", 2.5],
    ]);
    // 8 % of 19.99 are 1.5992; 10 % of 24.99 are 2.499.
    expect(made).toMatchObject({ TotalAmt: 24.09, TxnTaxDetail: { TotalTax: 1.6 } });
  });

  it("refuses an amount that is not quantity times price", async () => {
    const holder = await customer();
    const line = (Amount: number) => [sale(Amount, { Qty: 3, UnitPrice: 33.335 })];
    const post = (Amount: number) => api.post("/invoice", { CustomerRef: { value: holder.Id }, Line: line(Amount) });
    expect(faultOf(await post(100))).toBe("400/6070");
    expect((await post(100.01)).status).toBe(200);
  });

  it("wants as much debit as credit in a journal entry", async () => {
    const [debit, credit] = [await account("Expense"), await account("Bank")];
    const line = (Amount: number, PostingType: string, to: Fields) => ({
      Amount,
      DetailType: "JournalEntryLineDetail",
      JournalEntryLineDetail: { PostingType, AccountRef: { value: to.Id } },
    });
    const post = (amount: number) =>
      api.post("/journalentry", {
        Line: [line(0.1, "Debit", debit), line(0.2, "Debit", debit), line(amount, "Credit", credit)],
      });
    expect(faultOf(await post(0.31))).toBe("400/6000");
    expect((await post(0.3)).status).toBe(200);
  });
});

describe("changing", () => {
  it("clears what a full update leaves out, and keeps it in a sparse one", async () => {
    const made = await customer({ Notes: "tall", CompanyName: "Co" });
    const sparse = await api.post("/customer", { Id: made.Id, SyncToken: "0", sparse: true, Notes: "taller" });
    expect(sparse.json).toMatchObject({ Customer: { Notes: "taller", CompanyName: "Co", SyncToken: "1" } });
    const full = await api.post("/customer", { Id: made.Id, SyncToken: "1", DisplayName: made.DisplayName });
    const changed = fieldsOf(fieldsOf(full.json).Customer);
    expect(changed).not.toHaveProperty("Notes");
    expect(changed).not.toHaveProperty("CompanyName");
    expect(changed).toMatchObject({
      SyncToken: "2",
      Active: true,
      MetaData: { CreateTime: fieldsOf(made.MetaData).CreateTime },
    });
  });

  it("clears a DocNumber that a full update leaves out, and gives no other", async () => {
    const made = await invoice(await customer(), 5);
    const { DocNumber, ...rest } = made;
    expect(DocNumber).toMatch(/^\d{4,}$/);
    const answer = await api.post("/invoice", rest);
    expect(answer.status).toBe(200);
    expect(fieldsOf(fieldsOf(answer.json).Invoice)).not.toHaveProperty("DocNumber");
  });

  it("does not make a customer inactive who owes something, nor puts one below itself", async () => {
    const holder = await customer();
    const due = await invoice(holder, 5);
    const change = (fields: Fields) =>
      api.post("/customer", { Id: holder.Id, SyncToken: "0", sparse: true, ...fields });
    expect(faultOf(await change({ Active: false }))).toBe("400/6220");
    await api.post("/invoice?operation=delete", due);
    const job = await customer({ ParentRef: { value: holder.Id } });
    expect(faultOf(await change({ ParentRef: { value: job.Id } }))).toBe("400/900");
    expect((await change({ Active: false })).status).toBe(200);
  });

  it("refuses a stale SyncToken, a missing one and an unknown id", async () => {
    const made = await customer();
    const change = (fields: Fields) => api.post("/customer?operation=update", { sparse: true, Notes: "x", ...fields });
    await change({ Id: made.Id, SyncToken: "0" });
    expect(faultOf(await change({ Id: made.Id, SyncToken: "0" }))).toBe("400/5010");
    expect(faultOf(await change({ Id: made.Id }))).toBe("400/2020");
    expect(faultOf(await change({ Id: "99999", SyncToken: "0" }))).toBe("400/610");
    expect(faultOf(await api.get("/customer/99999"))).toBe("400/610");
  });

  it("changes nothing at all when a rule is broken half way", async () => {
    const holder = await customer();
    const due = await invoice(holder, 10);
    const before = await api.read("Invoice", due.Id);
    const answer = await api.post("/payment", {
      CustomerRef: { value: holder.Id },
      TotalAmt: 20,
      Line: [{ Amount: 20, LinkedTxn: [{ TxnId: due.Id, TxnType: "Invoice" }] }],
    });
    expect(faultOf(answer)).toBe("400/6000");
    expect(await api.read("Invoice", due.Id)).toEqual(before);
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 10 });
  });
});

describe("what Intuit's pages show of a record that was sent without it", () => {
  it("is a bill whose lines are neither billed to a customer nor taxed", async () => {
    const expense = await account("Expense");
    const bill = await api.create("Bill", {
      VendorRef: { value: (await vendor()).Id },
      Line: [
        {
          Amount: 20,
          DetailType: "AccountBasedExpenseLineDetail",
          AccountBasedExpenseLineDetail: { AccountRef: { value: expense.Id } },
        },
        {
          Amount: 10,
          DetailType: "ItemBasedExpenseLineDetail",
          ItemBasedExpenseLineDetail: { ItemRef: { value: idOf("Item") }, TaxCodeRef: { value: "TAX" } },
        },
      ],
    });
    expect(bill.Line).toMatchObject([
      { AccountBasedExpenseLineDetail: { BillableStatus: "NotBillable", TaxCodeRef: { value: "NON" } } },
      { ItemBasedExpenseLineDetail: { BillableStatus: "NotBillable", TaxCodeRef: { value: "TAX" } } },
    ]);
  });

  it("is an estimate that waits for an answer and for the printer", async () => {
    const estimate = await api.create("Estimate", { CustomerRef: { value: (await customer()).Id }, Line: [sale(35)] });
    expect(estimate).toMatchObject({
      TxnStatus: "Pending",
      PrintStatus: "NeedToPrint",
      EmailStatus: "NotSet",
      ApplyTaxAfterDiscount: false,
    });
  });

  it("is a category without anything that belongs to goods", async () => {
    const Name = unique("Paper");
    const category = await api.create("Item", { Name, Type: "Category" });
    expect(Object.keys(category).sort()).toEqual([
      "Active",
      "FullyQualifiedName",
      "Id",
      "MetaData",
      "Name",
      "SyncToken",
      "Type",
      "domain",
      "sparse",
    ]);
  });
});

describe("paying", () => {
  it("brings the balance of invoice and customer down, and what is left over is unapplied", async () => {
    const holder = await customer();
    const [first, second] = [await invoice(holder, 60.1), await invoice(holder, 40)];
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 100.1 });
    const payment = await pay(holder, 75, [first, 60.1], [second, 10]);
    expect(payment).toMatchObject({ UnappliedAmt: 4.9, DepositToAccountRef: { name: "Undeposited Funds" } });
    const paid = await api.read("Invoice", first.Id);
    expect(paid).toMatchObject({ Balance: 0, SyncToken: "1", LinkedTxn: [{ TxnId: payment.Id, TxnType: "Payment" }] });
    expect(await api.read("Invoice", second.Id)).toMatchObject({ Balance: 30 });
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 25.1 });
  });

  it("gives the balance back when the payment is deleted or voided", async () => {
    const holder = await customer();
    const due = await invoice(holder, 50);
    const payment = await pay(holder, 50, [due, 50]);
    await api.post("/payment?operation=delete", { Id: payment.Id, SyncToken: "0" });
    expect(await api.read("Invoice", due.Id)).toMatchObject({ Balance: 50, LinkedTxn: [] });
    const second = await pay(holder, 50, [due, 50]);
    const voided = await api.post("/payment?operation=update&include=void", {
      Id: second.Id,
      SyncToken: "0",
      sparse: true,
    });
    expect(voided.json).toMatchObject({ Payment: { TotalAmt: 0, UnappliedAmt: 0, PrivateNote: "Voided" } });
    expect(await api.read("Invoice", due.Id)).toMatchObject({ Balance: 50 });
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 50 });
  });

  it("sets the payment free when its invoice is voided or deleted", async () => {
    const holder = await customer();
    const [voided, deleted] = [await invoice(holder, 30), await invoice(holder, 20)];
    const payment = await pay(holder, 50, [voided, 30], [deleted, 20]);
    const [current, other] = [await api.read("Invoice", voided.Id), await api.read("Invoice", deleted.Id)];
    expect((await api.post("/invoice?operation=void", current)).json).toMatchObject({
      Invoice: { TotalAmt: 0, Balance: 0, PrivateNote: "Voided" },
    });
    expect(await api.read("Payment", payment.Id)).toMatchObject({ UnappliedAmt: 30 });
    await api.post("/invoice?operation=delete", other);
    expect(await api.read("Payment", payment.Id)).toMatchObject({ UnappliedAmt: 50, Line: [] });
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: -50 });
  });

  it("pays bills and the vendor's balance", async () => {
    const [holder, bank, expense] = [await vendor(), await account("Bank"), await account("Expense")];
    const bill = await api.create("Bill", {
      VendorRef: { value: holder.Id },
      Line: [
        {
          Amount: 80,
          DetailType: "AccountBasedExpenseLineDetail",
          AccountBasedExpenseLineDetail: { AccountRef: { value: expense.Id } },
        },
      ],
    });
    const payment = (link: Fields) =>
      api.post("/billpayment", {
        VendorRef: { value: holder.Id },
        PayType: "Check",
        TotalAmt: 30,
        CheckPayment: { BankAccountRef: { value: bank.Id } },
        Line: [{ Amount: 30, LinkedTxn: [link] }],
      });
    const paid = fieldsOf(fieldsOf((await payment({ TxnId: bill.Id, TxnType: "Bill" })).json).BillPayment);
    expect(await api.read("Bill", bill.Id)).toMatchObject({
      Balance: 50,
      LinkedTxn: [{ TxnId: paid.Id, TxnType: "BillPaymentCheck" }],
    });
    expect(await api.read("Vendor", holder.Id)).toMatchObject({ Balance: 50 });
    expect(faultOf(await payment({ TxnId: "99999", TxnType: "Bill" }))).toBe("400/610");
    await api.post("/bill?operation=delete", await api.read("Bill", bill.Id));
    expect(await api.read("BillPayment", paid.Id)).toMatchObject({ TotalAmt: 30, Line: [] });
  });
});

describe("credits", () => {
  it("lets a payment of nothing set a credit memo against an invoice", async () => {
    const holder = await customer();
    const due = await invoice(holder, 100);
    const credit = await api.create("CreditMemo", { CustomerRef: { value: holder.Id }, Line: [sale(30)] });
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 70 });
    const link = (TxnId: unknown, TxnType: string, Amount: number) => ({ Amount, LinkedTxn: [{ TxnId, TxnType }] });
    const post = (used: number) =>
      api.post("/payment", {
        CustomerRef: { value: holder.Id },
        TotalAmt: 0,
        Line: [link(due.Id, "Invoice", used), link(credit.Id, "CreditMemo", used)],
      });
    expect(faultOf(await post(31))).toBe("400/6000");
    expect((await post(30)).json).toMatchObject({ Payment: { TotalAmt: 0, UnappliedAmt: 0 } });
    expect(await api.read("Invoice", due.Id)).toMatchObject({ Balance: 70 });
    expect(await api.read("CreditMemo", credit.Id)).toMatchObject({ Balance: 0, RemainingCredit: 0 });
    expect(await api.read("Customer", holder.Id)).toMatchObject({ Balance: 70 });
  });

  it("does not let one customer's payment settle another's invoice", async () => {
    const due = await invoice(await customer(), 10);
    const other = await customer();
    const answer = await api.post("/payment", {
      CustomerRef: { value: other.Id },
      TotalAmt: 10,
      Line: [{ Amount: 10, LinkedTxn: [{ TxnId: due.Id, TxnType: "Invoice" }] }],
    });
    expect(faultOf(answer)).toBe("400/6000");
  });

  it("lets a customer pay for the job below", async () => {
    const holder = await customer();
    const job = await customer({ ParentRef: { value: holder.Id }, Job: true });
    const due = await invoice(job, 10);
    await pay(holder, 10, [due, 10]);
    expect(await api.read("Invoice", due.Id)).toMatchObject({ Balance: 0 });
  });
});

describe("deleting", () => {
  it("answers with what is left, and forgets the record", async () => {
    const made = await invoice(await customer(), 5);
    const answer = await api.post("/invoice?operation=delete", { Id: made.Id, SyncToken: "0" });
    expect(answer.json).toMatchObject({ Invoice: { domain: "QBO", status: "Deleted", Id: made.Id } });
    expect(faultOf(await api.get(`/invoice/${made.Id}`))).toBe("400/610");
  });

  it("is not possible for names, which are made inactive instead", async () => {
    const made = await customer();
    expect(faultOf(await api.post("/customer?operation=delete", { Id: made.Id, SyncToken: "0" }))).toBe("400/500");
    const answer = await api.post("/customer", { Id: made.Id, SyncToken: "0", sparse: true, Active: false });
    expect(answer.json).toMatchObject({ Customer: { Active: false } });
  });
});

describe("listening", () => {
  it("tells of every change after it has happened, and of none that was refused", async () => {
    const changes: QuickbooksChange[] = [];
    const stop = sandbox.onChange((change) => changes.push(change));
    const holder = await customer();
    const due = await invoice(holder, 10);
    await api.post("/payment", { CustomerRef: { value: holder.Id }, TotalAmt: -1 });
    await pay(holder, 10, [due, 10]);
    await api.post(`/invoice/${String(due.Id)}/send?sendTo=a@b.example`, "");
    await api.post("/invoice?operation=delete", await api.read("Invoice", due.Id));
    stop();
    await customer();
    expect(changes.map(({ entity, operation }) => `${entity} ${operation}`)).toEqual([
      "Customer Create",
      "Invoice Create",
      "Payment Create",
      "Invoice Update",
      "Invoice Emailed",
      "Payment Update",
      "Invoice Delete",
    ]);
    expect(changes[1]).toMatchObject({ realmId: sandbox.realmId, id: due.Id, time: expect.any(Date) });
  });
});
