import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { connect, type Fields, fieldsOf, listOf, startForTest } from "./client.js";

// Its own types describe an ES module, which it is not.
const QuickBooks: new (...values: unknown[]) => object = createRequire(import.meta.url)("node-quickbooks");

let sandbox: QuickbooksSandbox;
let client: object;

beforeAll(async () => {
  sandbox = await startForTest();
  client = await open();
});

afterAll(() => sandbox.close());

/** Plain node-quickbooks, told nothing but where to find QuickBooks. */
async function open(): Promise<object> {
  const { realmId, access_token, refresh_token } = await connect(sandbox);
  const { id, secret } = sandbox.client;
  const made = new QuickBooks(id, secret, access_token, false, realmId, true, false, 75, "2.0", refresh_token);
  Object.assign(made, { endpoint: `${sandbox.url}/v3/company/` });
  Object.assign(QuickBooks, {
    TOKEN_URL: `${sandbox.url}/oauth2/v1/tokens/bearer`,
    REVOKE_URL: `${sandbox.url}/v2/oauth2/tokens/revoke`,
  });
  return made;
}

/** Calls a method of the client by its name and waits for its callback. */
function call(method: string, ...values: unknown[]): Promise<Fields> {
  return callOn(client, method, ...values);
}

function callOn(target: object, method: string, ...values: unknown[]): Promise<Fields> {
  const run: unknown = Reflect.get(target, method);
  if (typeof run !== "function") throw new Error(`node-quickbooks has no ${method}.`);
  return new Promise((resolve, reject) => {
    run.call(target, ...values, (error: unknown, data: unknown) => {
      if (error) reject(error);
      else resolve(Buffer.isBuffer(data) ? { bytes: data } : fieldsOf(data));
    });
  });
}

async function makeInvoice(amount = 100): Promise<Fields> {
  const [customer] = listOf(fieldsOf((await call("findCustomers", { limit: 1 })).QueryResponse).Customer);
  const [item] = listOf(fieldsOf((await call("findItems", { limit: 1 })).QueryResponse).Item);
  return call("createInvoice", {
    CustomerRef: { value: customer?.Id },
    Line: [
      { Amount: amount, DetailType: "SalesItemLineDetail", SalesItemLineDetail: { ItemRef: { value: item?.Id } } },
    ],
  });
}

describe("plain node-quickbooks against the sandbox", () => {
  it("creates, reads, changes, voids and deletes an invoice", async () => {
    const invoice = await makeInvoice();
    expect(invoice).toMatchObject({ TotalAmt: 100, Balance: 100, SyncToken: "0" });
    expect(await call("getInvoice", invoice.Id)).toMatchObject({ Id: invoice.Id, DocNumber: invoice.DocNumber });
    const changed = await call("updateInvoice", { Id: invoice.Id, SyncToken: "0", PrivateNote: "checked" });
    expect(changed).toMatchObject({ PrivateNote: "checked", TotalAmt: 100, SyncToken: "1" });
    const voided = fieldsOf((await call("voidInvoice", invoice.Id)).Invoice);
    expect(voided).toMatchObject({ TotalAmt: 0, Balance: 0, PrivateNote: "Voided - checked" });
    expect(await call("deleteInvoice", invoice.Id)).toMatchObject({ Invoice: { status: "Deleted", Id: invoice.Id } });
    await expect(call("getInvoice", invoice.Id)).rejects.toMatchObject({ response: { status: 400 } });
  });

  it("makes every kind of record that it has a call for", async () => {
    const account = await call("createAccount", { Name: "Tools", AccountType: "Expense" });
    expect(account).toMatchObject({ Classification: "Expense", Active: true });
    const vendor = await call("createVendor", { DisplayName: "Tool Shop" });
    const bill = await call("createBill", {
      VendorRef: { value: vendor.Id },
      Line: [
        {
          Amount: 12.34,
          DetailType: "AccountBasedExpenseLineDetail",
          AccountBasedExpenseLineDetail: { AccountRef: { value: account.Id } },
        },
      ],
    });
    expect(bill).toMatchObject({ TotalAmt: 12.34, Balance: 12.34, VendorRef: { name: "Tool Shop" } });
    expect(await call("createClass", { Name: "Wholesale" })).toMatchObject({ FullyQualifiedName: "Wholesale" });
    expect(await call("createTerm", { Name: "Net 7", DueDays: 7 })).toMatchObject({ DueDays: 7 });
    expect(await call("getPreferences")).toMatchObject({ SalesFormsPrefs: { AllowDeposit: true } });
    expect(await call("getCompanyInfo", sandbox.realmId)).toMatchObject({ Country: "US" });
  });

  it("finds by criteria, with operators, order, pages and a count", async () => {
    const found = await call("findInvoices", [
      { field: "TotalAmt", value: 50, operator: ">" },
      { field: "desc", value: "TotalAmt" },
      { field: "limit", value: 5 },
    ]);
    const totals = listOf(fieldsOf(found.QueryResponse).Invoice).map((invoice) => Number(invoice.TotalAmt));
    expect(totals).toHaveLength(5);
    expect(totals).toEqual(totals.toSorted((left, right) => right - left));
    const counted = await call("findCustomers", { count: true });
    expect(counted.QueryResponse).toEqual({ totalCount: sandbox.records(sandbox.realmId).all("Customer").length });
    const all = await call("findCustomers", { fetchAll: true, limit: 7 });
    expect(listOf(fieldsOf(all.QueryResponse).Customer)).toHaveLength(
      sandbox.records(sandbox.realmId).all("Customer").length,
    );
    const named = await call("findCustomers", { DisplayName: "O'Hara's Jalopies" });
    expect(listOf(fieldsOf(named.QueryResponse).Customer)).toHaveLength(1);
  });

  it("does a batch, each item with its own outcome", async () => {
    const answer = await call("batch", [
      { bId: "1", operation: "create", Customer: { DisplayName: "Batch One" } },
      { bId: "2", operation: "create", Customer: { DisplayName: "batch one" } },
      { bId: "3", Query: "select * from Customer where DisplayName = 'Batch One'" },
    ]);
    expect(answer.BatchItemResponse).toMatchObject([
      { bId: "1", Customer: { DisplayName: "Batch One" } },
      { bId: "2", Fault: { type: "ValidationFault", Error: [{ code: "6240" }] } },
      { bId: "3", QueryResponse: { Customer: [{ DisplayName: "Batch One" }], maxResults: 1 } },
    ]);
  });

  it("captures changes, deletions among them", async () => {
    const since = new Date(Date.now() - 1_000);
    const [kept, gone] = [await makeInvoice(), await makeInvoice()];
    await call("deleteInvoice", gone);
    const answer = await call("changeDataCapture", ["Invoice", "Term"], since);
    const [response] = listOf(answer.CDCResponse);
    const invoices = listOf(listOf(response?.QueryResponse)[0]?.Invoice);
    expect(invoices).toContainEqual(expect.objectContaining({ Id: kept.Id, TotalAmt: 100 }));
    expect(invoices).toContainEqual(expect.objectContaining({ Id: gone.Id, status: "Deleted" }));
  });

  it("uploads a file and ties it to an invoice", async () => {
    const invoice = await makeInvoice();
    const content = Readable.from([Buffer.from("a,b\r\n1,2\r\n")]);
    const attachable = await call("upload", "figures.csv", "text/csv", content, "Invoice", invoice.Id);
    expect(attachable).toMatchObject({
      FileName: "figures.csv",
      ContentType: "text/csv",
      Size: 10,
      AttachableRef: [{ EntityRef: { type: "Invoice", value: invoice.Id } }],
    });
    const downloaded = await fetch(String(attachable.TempDownloadUri));
    expect(await downloaded.text()).toBe("a,b\r\n1,2\r\n");
    expect(downloaded.headers.get("content-type")).toMatch(/^text\/csv/);
  });

  it("gets an invoice as PDF and has it sent", async () => {
    const invoice = await makeInvoice();
    const { bytes } = await call("getInvoicePdf", invoice.Id);
    expect(String(bytes)).toMatch(/^%PDF-1\.4\n[\s\S]*Total 100\.00[\s\S]*%%EOF\n$/);
    const sent = await call("sendInvoicePdf", invoice.Id, "ada@customer.example");
    expect(sent).toMatchObject({ EmailStatus: "EmailSent", BillEmail: { Address: "ada@customer.example" } });
  });

  it("refreshes its token and revokes it", async () => {
    const other = await open();
    expect(await callOn(other, "refreshAccessToken")).toMatchObject({ token_type: "bearer", expires_in: 3600 });
    expect(await callOn(other, "getPreferences")).toMatchObject({ Id: "1" });
    await callOn(other, "revokeAccess", true);
    expect(Reflect.get(other, "token")).toBeNull();
  });
});
