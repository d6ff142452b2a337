import { MemoryTokenStore } from "@isthmus/core";
import type { QuickbooksSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EntityName, type QuickbooksConnector, quickbooksQuery } from "../src/index.js";
import { connectedTo, connectorTo, startSandbox } from "./connect.js";

let sandbox: QuickbooksSandbox;
let quickbooks: QuickbooksConnector;
const tokenStore = new MemoryTokenStore();
beforeAll(async () => {
  sandbox = await startSandbox();
  quickbooks = await connectedTo(sandbox, { tokenStore });
});
afterAll(async () => {
  await quickbooks.close();
  await sandbox.close();
});

const line = (Amount: string, item = "1") => ({
  DetailType: "SalesItemLineDetail",
  Amount,
  SalesItemLineDetail: { ItemRef: { value: item } },
});
async function firstId(entity: EntityName, where = ""): Promise<string> {
  for await (const { Id } of quickbooks.query(`select * from ${entity} ${where}`)) return String(Id);
  throw new Error(`The sandbox has no ${entity}.`);
}

describe("a connection", () => {
  it("TEST-006 names the company and its environment", async () => {
    const test = await quickbooks.testConnection();
    expect(test).toMatchObject({
      ok: true,
      account: { id: sandbox.realmId, name: "Fjordline Garden Design", environment: "sandbox" },
    });
    expect(test.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ["identity", true],
      ["api", true],
    ]);
  });

  it("TASK-014 keeps when the grant ends for good, and the company", async () => {
    const { tokens } = await tokenStore.load();
    expect(tokens?.attributes.realmId).toBe(sandbox.realmId);
    await quickbooks.refreshToken();
    const fiveYearsMs = 5 * 365 * 86_400_000;
    expect(
      Math.abs(((await tokenStore.load()).tokens?.reconnectBeforeMs ?? 0) - Date.now() - fiveYearsMs),
    ).toBeLessThan(60_000);
  });

  it("to another company than the credentials name is refused, and says so", async () => {
    const other = connectorTo(sandbox, { tokenStore, realmId: "123" });
    expect(await other.testConnection()).toMatchObject({ ok: false, checks: [{ code: "RECONNECT_REQUIRED" }] });
    await other.close();
  });

  it("to a company that the grant is not for is told apart", async () => {
    const store = new MemoryTokenStore();
    const stolen = await connectedTo(sandbox, { tokenStore: store });
    const { tokens } = await store.load();
    const wrong = connectorTo(sandbox, { realmId: sandbox.realmIds[1], refreshToken: tokens?.refreshToken });
    const { checks } = await wrong.testConnection();
    expect(checks).toEqual([expect.objectContaining({ ok: false, code: "PERMISSION_DENIED" })]);
    await Promise.all([wrong.close(), stolen.close()]);
  });
});

describe("records", () => {
  it("TASK-013 are created, read, changed, voided and deleted", async () => {
    const customer = await quickbooks.create("Customer", { DisplayName: "O'Neil & Sons \\ Zürich" });
    const item = await firstId("Item", "where Type = 'Service'");
    const invoice = await quickbooks.create("Invoice", {
      CustomerRef: { value: customer.Id },
      Line: [line("100.10", item)],
    });
    expect(invoice.TotalAmt).toBe("100.1");
    const noted = await quickbooks.update("Invoice", { Id: invoice.Id, PrivateNote: "thanks" }, { sparse: true });
    expect(noted).toMatchObject({ PrivateNote: "thanks", TotalAmt: "100.1", SyncToken: "1" });
    const voided = await quickbooks.void("Invoice", { Id: invoice.Id });
    expect(voided).toMatchObject({ TotalAmt: "0", Balance: "0" });
    expect(await quickbooks.delete("Invoice", { Id: invoice.Id })).toMatchObject({ Id: invoice.Id, status: "Deleted" });
    await expect(quickbooks.read("Invoice", invoice.Id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await quickbooks.delete("Customer", { Id: customer.Id })).toMatchObject({ Active: false });
  });

  it("that were changed meanwhile are a conflict for a full update, and merged for a sparse one", async () => {
    const vendor = await quickbooks.create("Vendor", { DisplayName: "Two editors" });
    const other = await quickbooks.update("Vendor", { Id: vendor.Id, AcctNum: "7" }, { sparse: true });
    await expect(quickbooks.update("Vendor", vendor, { sparse: false })).rejects.toMatchObject({ code: "CONFLICT" });
    const merged = await quickbooks.update(
      "Vendor",
      { Id: vendor.Id, SyncToken: vendor.SyncToken, Notes: "x" },
      { sparse: true },
    );
    expect(merged).toMatchObject({ AcctNum: "7", Notes: "x" });
    expect(Number(merged.SyncToken)).toBeGreaterThan(Number(other.SyncToken));
  });

  it("keep fields that nobody here knows, through a full update", async () => {
    const customer = await quickbooks.create("Customer", {
      DisplayName: "Unknown fields",
      NewThing: { Ratio: 0.25, Code: "007" },
    });
    const read = await quickbooks.read("Customer", customer.Id);
    await quickbooks.update("Customer", { ...read, GivenName: "Jo" }, { sparse: false });
    expect(await quickbooks.read("Customer", customer.Id)).toMatchObject({
      GivenName: "Jo",
      NewThing: { Ratio: 0.25, Code: "007" },
    });
  });

  it("with a name that is taken are a conflict", async () => {
    await quickbooks.create("Customer", { DisplayName: "Only one" });
    await expect(quickbooks.create("Customer", { DisplayName: "Only one" })).rejects.toMatchObject({
      code: "CONFLICT",
      vendor: { code: "6240" },
    });
  });
});

describe("a query", () => {
  it("finds a name whatever is in it, and nothing else", async () => {
    const name = "x' or Active = true or DisplayName = '\\";
    const { Id } = await quickbooks.create("Customer", { DisplayName: name });
    const found = await Array.fromAsync(
      quickbooks.query(quickbooksQuery`select * from Customer where DisplayName = ${name}`),
    );
    expect(found.map((record) => record.Id)).toEqual([Id]);
  });

  it("is read page by page to its end, each record once", async () => {
    const all = await quickbooks.count("Customer");
    const records = await Array.fromAsync(quickbooks.query("select * from Customer", { pageSize: 7 }));
    expect(records).toHaveLength(all);
    expect(new Set(records.map(({ Id }) => Id)).size).toBe(all);
  });

  it("that is not one is refused by QuickBooks", async () => {
    await expect(Array.fromAsync(quickbooks.query("select * from Nothing"))).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
    });
  });

  it("that pages by itself is refused before it is sent", async () => {
    const paging = Array.fromAsync(quickbooks.query("select * from Customer maxresults 5"));
    await expect(paging).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("a batch", () => {
  it("of more than 30 items gives a result for each, in order", async () => {
    const items = Array.from({ length: 70 }, (_, index) => ({
      operation: "create" as const,
      entity: "Customer" as const,
      record: { DisplayName: index === 40 ? "Batch 3" : `Batch ${index}` },
    }));
    const results = await quickbooks.batch(items);
    const told = results.map((result) =>
      result.ok ? "record" in result && result.record.DisplayName : result.error.code,
    );
    expect(told).toEqual(items.map(({ record }, index) => (index === 40 ? "CONFLICT" : record.DisplayName)));
  });
});

describe("changes", () => {
  it("tell everything first, then what was changed and deleted", async () => {
    const everything = await Array.fromAsync(quickbooks.changes("Customer", undefined));
    const ids = everything.flatMap(({ changes }) => changes.map(({ id }) => id));
    expect(new Set(ids).size).toBeGreaterThan(80);
    const cursor = everything.at(-1)?.cursor;
    const customer = await quickbooks.create("Customer", { DisplayName: "Later" });
    const [later] = await Array.fromAsync(quickbooks.changes("Customer", cursor));
    expect(later?.changes.map(({ id }) => id)).toContain(customer.Id);
    const item = await firstId("Item", "where Type = 'Service'");
    const invoice = await quickbooks.create("Invoice", {
      CustomerRef: { value: customer.Id },
      Line: [line("1.00", item)],
    });
    await quickbooks.delete("Invoice", { Id: invoice.Id });
    const invoices = await Array.fromAsync(quickbooks.changes("Invoice", cursor));
    expect(invoices.flatMap(({ changes }) => changes).find(({ id }) => id === invoice.Id)).toMatchObject({
      deleted: true,
    });
  });
});

describe("documents", () => {
  it("are streamed as PDF, and e-mailed", async () => {
    const id = await firstId("Invoice");
    const pdf = await quickbooks.pdf("Invoice", id);
    expect(pdf.mediaType).toBe("application/pdf");
    expect(Buffer.concat(await Array.fromAsync(pdf.body)).toString("latin1")).toMatch(/^%PDF-[\s\S]*%%EOF\s*$/);
    expect(await quickbooks.email("Invoice", id, "jo@example.com")).toMatchObject({ Id: id, EmailStatus: "EmailSent" });
    await expect(quickbooks.pdf("Bill", id)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("can be attached, and come back byte for byte", async () => {
    const id = await firstId("Invoice");
    const bytes = Buffer.from([0, 13, 10, 45, 45, 255, 254, 0]);
    const body = (async function* () {
      yield bytes.subarray(0, 3);
      yield bytes.subarray(3);
    })();
    const options = { fileName: "odd ü.bin", attachTo: [{ entity: "Invoice" as const, id }], note: "n" };
    const attached = await quickbooks.upload({ mediaType: "application/octet-stream", body }, options);
    expect(attached).toMatchObject({ FileName: "odd ü.bin" });
    const content = await quickbooks.download(attached.Id);
    expect(Buffer.concat(await Array.fromAsync(content.body))).toEqual(bytes);
  });
});

describe("entities", () => {
  it("are listed and described from the company's own records", async () => {
    const { quickbooks: definition } = await import("../src/index.js");
    const source = definition.entities?.(quickbooks);
    const signal = new AbortController().signal;
    expect((await source?.list(signal))?.length).toBe(29);
    const { fields } = (await source?.describe("Invoice", signal)) ?? { fields: [] };
    const field = (name: string) => fields.find((each) => each.name === name);
    expect(field("TotalAmt")).toMatchObject({ type: "Decimal" });
    expect(field("CustomerRef")).toMatchObject({ type: "ReferenceType", required: true, references: ["Customer"] });
    await expect(source?.describe("Nothing", signal)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
