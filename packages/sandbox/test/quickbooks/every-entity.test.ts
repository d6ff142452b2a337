import { createRequire } from "node:module";
import { afterAll, describe, expect, it } from "vitest";
import { connect, type Fields, fieldsOf, listOf, startForTest } from "./client.js";

// Its own types describe an ES module, which it is not.
const QuickBooks: new (...values: unknown[]) => object = createRequire(import.meta.url)("node-quickbooks");

const sandbox = await startForTest();
const { realmId, access_token } = await connect(sandbox);
const client = new QuickBooks("id", "secret", access_token, false, realmId, true, false, 75, "2.0", null);
Object.assign(client, { endpoint: `${sandbox.url}/v3/company/` });

afterAll(() => sandbox.close());

function call(method: string, ...values: unknown[]): Promise<Fields> {
  const run: unknown = Reflect.get(client, method);
  if (typeof run !== "function") throw new Error(`node-quickbooks has no ${method}.`);
  return new Promise((resolve, reject) => {
    run.call(client, ...values, (error: unknown, data: unknown) => (error ? reject(error) : resolve(fieldsOf(data))));
  });
}

const first = (entity: string, field = "Id", wanted?: unknown) => {
  const records = sandbox.records(realmId).all(entity);
  const found = wanted === undefined ? records[0] : records.find((record) => record[field] === wanted);
  return { value: String(found?.Id) };
};
const account = (type: string) => first("Account", "AccountType", type);
const sale = () => [
  {
    Amount: 10,
    DetailType: "SalesItemLineDetail",
    SalesItemLineDetail: { ItemRef: first("Item"), Qty: 4, UnitPrice: 2.5 },
  },
];
const expense = () => [
  {
    Amount: 10,
    DetailType: "AccountBasedExpenseLineDetail",
    AccountBasedExpenseLineDetail: { AccountRef: account("Expense") },
  },
];
const entry = (PostingType: string) => ({
  Amount: 10,
  DetailType: "JournalEntryLineDetail",
  JournalEntryLineDetail: { PostingType, AccountRef: account("Bank") },
});

/** The least that makes one of each. */
const transactions: Record<string, () => Fields> = {
  Invoice: () => ({ CustomerRef: first("Customer"), Line: sale() }),
  Estimate: () => ({ CustomerRef: first("Customer"), Line: sale() }),
  SalesReceipt: () => ({ Line: sale() }),
  CreditMemo: () => ({ CustomerRef: first("Customer"), Line: sale() }),
  RefundReceipt: () => ({ CustomerRef: first("Customer"), DepositToAccountRef: account("Bank"), Line: sale() }),
  Payment: () => ({ CustomerRef: first("Customer"), TotalAmt: 10 }),
  Bill: () => ({ VendorRef: first("Vendor"), Line: expense() }),
  VendorCredit: () => ({ VendorRef: first("Vendor"), Line: expense() }),
  PurchaseOrder: () => ({ VendorRef: first("Vendor"), Line: expense() }),
  Purchase: () => ({ AccountRef: account("Bank"), PaymentType: "Cash", Line: expense() }),
  JournalEntry: () => ({ Line: [entry("Debit"), entry("Credit")] }),
  Deposit: () => ({
    DepositToAccountRef: account("Bank"),
    Line: [{ Amount: 10, DetailType: "DepositLineDetail", DepositLineDetail: { AccountRef: account("Income") } }],
  }),
  Transfer: () => ({ FromAccountRef: account("Bank"), ToAccountRef: account("Bank"), Amount: 10 }),
  TimeActivity: () => ({ NameOf: "Employee", EmployeeRef: first("Employee"), Hours: 1 }),
  Attachable: () => ({ Note: "A note" }),
};

const names: Record<string, () => Fields> = {
  Customer: () => ({ DisplayName: "New customer" }),
  Vendor: () => ({ DisplayName: "New vendor" }),
  Employee: () => ({ GivenName: "New", FamilyName: "Employee" }),
  Item: () => ({ Name: "New item", Type: "Service", IncomeAccountRef: account("Income") }),
  Account: () => ({ Name: "New account", AccountType: "Expense" }),
  Class: () => ({ Name: "New class" }),
  Department: () => ({ Name: "New location" }),
  Term: () => ({ Name: "New term", DueDays: 3 }),
  PaymentMethod: () => ({ Name: "New method" }),
};

const plural = (entity: string): string => Reflect.get(QuickBooks.prototype, "pluralize").call(client, entity);

async function findIds(entity: string, criteria: unknown): Promise<unknown[]> {
  const answer = await call(`find${plural(entity)}`, criteria);
  return listOf(fieldsOf(answer.QueryResponse)[entity]).map((record) => record.Id);
}

describe("each transaction, by node-quickbooks", () => {
  it.each(Object.keys(transactions))("%s is created, read, found, changed and deleted", async (entity) => {
    const made = await call(`create${entity}`, transactions[entity]?.());
    expect(made).toMatchObject({ SyncToken: "0", domain: "QBO" });
    expect(await call(`get${entity}`, made.Id)).toEqual(made);
    expect(await findIds(entity, { Id: made.Id })).toEqual([made.Id]);
    const changed = await call(`update${entity}`, { Id: made.Id, SyncToken: "0", PrivateNote: "seen" });
    expect(changed).toMatchObject({ PrivateNote: "seen", SyncToken: "1" });
    for (const amount of ["TotalAmt", "Amount", "Balance"]) expect(changed[amount]).toEqual(made[amount]);
    await call(`delete${entity}`, changed);
    expect(await findIds(entity, { Id: made.Id })).toEqual([]);
  });
});

describe("each name, by node-quickbooks", () => {
  it.each(Object.keys(names))("%s is created, read, found and made inactive, but not deleted", async (entity) => {
    const made = await call(`create${entity}`, names[entity]?.());
    expect(made).toMatchObject({ SyncToken: "0", Active: true });
    expect(await call(`get${entity}`, made.Id)).toEqual(made);
    expect(await findIds(entity, { Id: made.Id })).toEqual([made.Id]);
    expect(await call(`update${entity}`, { Id: made.Id, SyncToken: "0", Active: false })).toMatchObject({
      Active: false,
    });
    expect(await findIds(entity, { Id: made.Id })).toEqual([]);
    expect(
      await findIds(entity, [
        { field: "Id", value: made.Id },
        { field: "Active", value: [true, false], operator: "IN" },
      ]),
    ).toEqual([made.Id]);
    expect(await call(`get${entity}`, made.Id)).toMatchObject({ Active: false });
  });
});

describe("what is there from the start, by node-quickbooks", () => {
  it("reads tax codes, tax rates, the company and its preferences", async () => {
    expect(await findIds("TaxCode", {})).toEqual(["2", "3"]);
    expect(await call("getTaxRate", "3")).toMatchObject({ RateValue: 8 });
    const company = await call("getCompanyInfo", realmId);
    const renamed = await call("updateCompanyInfo", { ...company, CompanyName: "Renamed", sparse: true });
    expect(renamed).toMatchObject({ CompanyName: "Renamed", Country: "US", SyncToken: "1" });
    const preferences = await call("getPreferences");
    expect(await call("updatePreferences", { ...preferences, sparse: true })).toMatchObject({ SyncToken: "1" });
  });
});
