import type { QuickbooksSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entityNames, traitsOf } from "../src/entities/traits.js";
import type { EntityName, QuickbooksConnector, RecordInput } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: QuickbooksSandbox;
let quickbooks: QuickbooksConnector;
beforeAll(async () => {
  sandbox = await startSandbox();
  quickbooks = await connectedTo(sandbox);
});
afterAll(async () => {
  await quickbooks.close();
  await sandbox.close();
});

/** A reference to the first record that a condition finds. */
async function ref(entity: EntityName, where = ""): Promise<{ readonly value: string }> {
  for await (const { Id } of quickbooks.query(`select * from ${entity} ${where}`)) return { value: String(Id) };
  throw new Error(`The sandbox has no such ${entity}.`);
}
const account = (type: string) => ref("Account", `where AccountType = '${type}'`);
const sale = async (Amount: string) => ({
  DetailType: "SalesItemLineDetail",
  Amount,
  SalesItemLineDetail: { ItemRef: await ref("Item", "where Type = 'Service'") },
});
const expense = async (Amount: string) => ({
  DetailType: "AccountBasedExpenseLineDetail",
  Amount,
  AccountBasedExpenseLineDetail: { AccountRef: await account("Expense") },
});
const posting = async (PostingType: string, type: string) => ({
  DetailType: "JournalEntryLineDetail",
  Amount: "12.34",
  JournalEntryLineDetail: { PostingType, AccountRef: await account(type) },
});

let count = 0;
function unique(text: string): string {
  count += 1;
  return `${text} ${count}`;
}

/** The least that makes a record of each entity that can be made. */
const inputs: Readonly<Partial<Record<EntityName, () => Promise<RecordInput>>>> = {
  Invoice: async () => ({ CustomerRef: await ref("Customer"), Line: [await sale("100.10")] }),
  Payment: async () => ({ CustomerRef: await ref("Customer"), TotalAmt: "25.05" }),
  Customer: async () => ({ DisplayName: unique("Customer") }),
  Vendor: async () => ({ DisplayName: unique("Vendor") }),
  Bill: async () => ({ VendorRef: await ref("Vendor"), Line: [await expense("33.33")] }),
  BillPayment: async () => {
    const bill = await quickbooks.create("Bill", { VendorRef: await ref("Vendor"), Line: [await expense("9.99")] });
    return {
      VendorRef: bill.VendorRef,
      PayType: "Check",
      TotalAmt: "9.99",
      CheckPayment: { BankAccountRef: await account("Bank") },
      Line: [{ Amount: "9.99", LinkedTxn: [{ TxnId: bill.Id, TxnType: "Bill" }] }],
    };
  },
  Estimate: async () => ({ CustomerRef: await ref("Customer"), Line: [await sale("1.01")] }),
  SalesReceipt: async () => ({ CustomerRef: await ref("Customer"), Line: [await sale("2.02")] }),
  CreditMemo: async () => ({ CustomerRef: await ref("Customer"), Line: [await sale("3.03")] }),
  RefundReceipt: async () => ({
    CustomerRef: await ref("Customer"),
    DepositToAccountRef: await account("Bank"),
    Line: [await sale("4.04")],
  }),
  PurchaseOrder: async () => ({
    VendorRef: await ref("Vendor"),
    APAccountRef: await account("Accounts Payable"),
    Line: [await expense("5.05")],
  }),
  Purchase: async () => ({ PaymentType: "Cash", AccountRef: await account("Bank"), Line: [await expense("6.06")] }),
  JournalEntry: async () => ({ Line: [await posting("Debit", "Expense"), await posting("Credit", "Bank")] }),
  Deposit: async () => ({
    DepositToAccountRef: await account("Bank"),
    Line: [
      { DetailType: "DepositLineDetail", Amount: "7.07", DepositLineDetail: { AccountRef: await account("Income") } },
    ],
  }),
  Transfer: async () => {
    const [from, to] = await Array.fromAsync(quickbooks.query("select * from Account where AccountType = 'Bank'"));
    return { FromAccountRef: { value: from?.Id }, ToAccountRef: { value: to?.Id }, Amount: "8.08" };
  },
  Item: async () => ({ Name: unique("Item"), Type: "Service", IncomeAccountRef: await account("Income") }),
  Account: async () => ({ Name: unique("Account"), AccountType: "Expense" }),
  Employee: async () => ({ GivenName: "Jo", FamilyName: unique("Employee") }),
  Class: async () => ({ Name: unique("Class") }),
  Department: async () => ({ Name: unique("Department") }),
  Term: async () => ({ Name: unique("Term"), DueDays: 30 }),
  PaymentMethod: async () => ({ Name: unique("Method") }),
  TimeActivity: async () => ({
    NameOf: "Employee",
    EmployeeRef: await ref("Employee"),
    Hours: 1,
    Minutes: 30,
    TxnDate: "2026-01-31",
  }),
  VendorCredit: async () => ({ VendorRef: await ref("Vendor"), Line: [await expense("9.09")] }),
  Attachable: async () => ({ Note: unique("Note") }),
};

/** A change that every record of a kind can take. */
const changes: Readonly<Partial<Record<EntityName, RecordInput>>> = {
  TimeActivity: { Description: "changed" },
  Attachable: { Note: "changed" },
  Account: { Description: "changed" },
  Item: { Description: "changed" },
  Employee: { GivenName: "Changed" },
  Term: { DueDays: 45 },
};
const nameChanges = new Set<EntityName>(["Class", "Department", "PaymentMethod"]);
function changeOf(entity: EntityName): RecordInput {
  if (nameChanges.has(entity)) return { Name: unique("Changed") };
  return changes[entity] ?? (traitsOf(entity).kind === "list" ? { Notes: "changed" } : { PrivateNote: "changed" });
}

it("offers creating for exactly the entities that are tried here", () => {
  expect(Object.keys(inputs).sort()).toEqual(entityNames.filter((name) => traitsOf(name).create).sort());
});

describe.each(Object.entries(inputs).map(([name, input]) => [name as EntityName, input] as const))(
  "%s",
  (entity, input) => {
    const traits = traitsOf(entity);

    it("is created, read, queried, and changed in part and as a whole", async () => {
      const created = await quickbooks.create(entity, await input());
      const read = await quickbooks.read(entity, created.Id);
      expect(read).toMatchObject({ Id: created.Id, SyncToken: created.SyncToken });
      const [found] = await Array.fromAsync(quickbooks.query(`select * from ${entity} where Id = '${created.Id}'`));
      expect(found?.Id).toBe(created.Id);
      const change = changeOf(entity);
      const changed = await quickbooks.update(entity, { Id: created.Id, ...change }, { sparse: true });
      expect(changed).toMatchObject(change);
      const whole = await quickbooks.update(entity, { ...changed, ...changeOf(entity) }, { sparse: false });
      expect(Number(whole.SyncToken)).toBeGreaterThan(Number(changed.SyncToken));
      // Nothing that was there is lost on the way through a full update.
      expect(Object.keys(whole)).toEqual(expect.arrayContaining(Object.keys(read)));
    });

    it(traits.void === false ? "cannot be voided" : "is voided to nothing", async () => {
      const { Id } = await quickbooks.create(entity, await input());
      const voided = quickbooks.void(entity, { Id });
      if (traits.void === false) await expect(voided).rejects.toMatchObject({ code: "UNSUPPORTED" });
      else expect((await voided).TotalAmt).toMatch(/^0(?:\.0+)?$/);
    });

    it(traits.delete === "deactivate" ? "is made inactive" : "is deleted for good", async () => {
      const { Id } = await quickbooks.create(entity, await input());
      const removed = await quickbooks.delete(entity, { Id });
      if (traits.delete === "deactivate") {
        expect(removed).toMatchObject({ Active: false });
        expect(await quickbooks.count(entity, `Id = '${Id}' and Active in (true, false)`)).toBe(1);
      } else {
        expect(removed).toMatchObject({ status: "Deleted" });
        await expect(quickbooks.read(entity, Id)).rejects.toMatchObject({ code: "NOT_FOUND" });
      }
    });
  },
);

describe.each(entityNames.filter((name) => !traitsOf(name).create).map((name) => [name]))("%s", (entity) => {
  it("is read, and cannot be created", async () => {
    const [first] = await Array.fromAsync(quickbooks.query(`select * from ${entity}`));
    expect(await quickbooks.read(entity, String(first?.Id))).toMatchObject({ Id: first?.Id });
    await expect(quickbooks.create(entity, {})).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe.each([["CompanyInfo"], ["Preferences"]] as const)("%s", (entity) => {
  it("is changed in part", async () => {
    const [{ Id = "" } = {}] = await Array.fromAsync(quickbooks.query(`select * from ${entity}`));
    const change =
      entity === "CompanyInfo"
        ? { LegalName: "Changed" }
        : { EmailMessagesPrefs: { InvoiceMessage: { Subject: "Changed" } } };
    expect(await quickbooks.update(entity, { Id, ...change }, { sparse: true })).toMatchObject(change);
  });
});
