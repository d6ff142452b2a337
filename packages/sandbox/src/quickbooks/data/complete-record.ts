import { invalidDate, invalidLength, QuickbooksFault, requiredMissing } from "../errors.js";
import { classificationOf } from "./account-types.js";
import type { CompanyRecords } from "./company-records.js";
import type { EntityDefinition } from "./entities.js";
import { type Fields, objectIn, referenceIn, textIn } from "./json.js";
import { assertNameIsFree, completeNames } from "./names.js";
import type { QuickbooksRecord } from "./records.js";
import { nameOf, resolveReferences } from "./references.js";
import { completeSettlement } from "./settlement.js";
import { toCompanyDate } from "./time.js";
import { completeTotals } from "./totals.js";

/**
 * Applies the accounting rules to a draft and works out every field that QuickBooks works out.
 *
 * @param draft - What the caller wants, with Id, SyncToken and MetaData in place.
 * @param before - The version it replaces.
 * @throws {QuickbooksFault} for whatever the rules refuse.
 */
export function completeRecord(
  definition: EntityDefinition,
  draft: Fields,
  before: QuickbooksRecord | undefined,
  records: CompanyRecords,
  now: number,
): Fields {
  const fields = resolveReferences(draft, definition.name, records, before);
  if (definition.kind === "transaction") completeTransaction(definition, fields, before, records, now);
  completeNames(definition, fields, records);
  assertNameIsFree(definition, fields, before?.Id, records);
  completeTotals(definition.name, fields, records);
  completeSettlement(definition.name, fields, String(fields.Id), records);
  completeByEntity(definition.name, fields, records);
  return fields;
}

function completeTransaction(
  definition: EntityDefinition,
  fields: Fields,
  before: QuickbooksRecord | undefined,
  records: CompanyRecords,
  now: number,
): void {
  const date = textIn(fields, "TxnDate") ?? toCompanyDate(now);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw invalidDate("TxnDate", date);
  }
  const [preferences] = records.all("Preferences");
  const closed = textIn(objectIn(preferences ?? {}, "AccountingInfoPrefs"), "BookCloseDate");
  if (closed !== undefined && date <= closed) {
    throw new QuickbooksFault(
      "6200",
      "Account Period Closed, Cannot Update Through Services API",
      `The account period has closed and the account books cannot be updated through the QBO Services API. Please use the QBO website to make these changes.`,
    );
  }
  const docNumber = textIn(fields, "DocNumber") ?? "";
  if (docNumber.length > longestDocNumber) throw invalidLength("DocNumber", longestDocNumber, docNumber.length);
  fields.TxnDate = date;
  fields.CurrencyRef ??= { value: "USD", name: "United States Dollar" };
  // A number that a full update left out is cleared like everything else.
  if (definition.numbering !== undefined && fields.DocNumber === undefined && before === undefined) {
    fields.DocNumber = String(
      records.nextNumber(`${definition.numbering} numbers`, definition.numbering === "sales" ? 1000 : 0),
    );
  }
}

/** Characters. */
const longestDocNumber = 21;

/** Rules of single entities. */
function completeByEntity(entity: string, fields: Fields, records: CompanyRecords): void {
  if (entity === "Invoice" || entity === "Bill") completeDueDate(fields, records);
  if (entity === "Invoice" || entity === "Estimate" || entity === "SalesReceipt" || entity === "CreditMemo") {
    fields.PrintStatus ??= entity === "SalesReceipt" ? "NotSet" : "NeedToPrint";
    fields.EmailStatus ??= "NotSet";
  }
  if (entity === "Payment" || entity === "SalesReceipt") {
    completeAccountRef(fields, "DepositToAccountRef", "UndepositedFunds", records);
  }
  if (entity === "Bill" || entity === "VendorCredit") {
    completeAccountRef(fields, "APAccountRef", "AccountsPayable", records);
  }
  if (entity === "Invoice") fields.LinkedTxn ??= [];
  if (entity === "Estimate") fields.TxnStatus ??= "Pending";
  if (entity === "SalesReceipt" || entity === "RefundReceipt") fields.Balance = 0;
  if (entity === "PurchaseOrder") fields.POStatus ??= "Open";
  if (entity === "Customer") {
    fields.Balance ??= 0;
    fields.BalanceWithJobs ??= fields.Balance;
    fields.Taxable ??= false;
    fields.BillWithParent ??= false;
  }
  if (entity === "Vendor") {
    fields.Balance ??= 0;
    fields.Vendor1099 ??= false;
  }
  if (entity === "Account") completeAccount(fields);
  if (entity === "Item") completeItem(fields);
  if (entity === "TimeActivity") completeTime(fields);
}

/** Money goes to the company's own account of a kind when the caller names none. */
function completeAccountRef(fields: Fields, name: string, accountSubType: string, records: CompanyRecords): void {
  if (fields[name] !== undefined) return;
  const account = records.all("Account").find((record) => record.AccountSubType === accountSubType);
  if (account !== undefined) fields[name] = { value: account.Id, name: nameOf(account) };
}

function completeDueDate(fields: Fields, records: CompanyRecords): void {
  if (fields.DueDate !== undefined) return;
  const term = records.get("Term", referenceIn(fields, "SalesTermRef") ?? "");
  const days = typeof term?.DueDays === "number" ? term.DueDays : 0;
  const due = new Date(`${String(fields.TxnDate)}T00:00:00Z`);
  due.setUTCDate(due.getUTCDate() + days);
  fields.DueDate = due.toISOString().slice(0, 10);
}

function completeAccount(fields: Fields): void {
  const { type, subType, classification } = classificationOf(
    textIn(fields, "AccountType"),
    textIn(fields, "AccountSubType"),
  );
  fields.AccountType = type;
  fields.AccountSubType = subType;
  fields.Classification = classification;
  fields.CurrentBalance ??= 0;
  fields.CurrentBalanceWithSubAccounts ??= fields.CurrentBalance;
  fields.CurrencyRef ??= { value: "USD", name: "United States Dollar" };
}

function completeItem(fields: Fields): void {
  fields.Type ??= "NonInventory";
  const isKnown = ["Service", "NonInventory", "Inventory", "Group", "Category"].includes(String(fields.Type));
  if (!isKnown)
    throw new QuickbooksFault(
      "2170",
      "Invalid Enumeration",
      `Property Name:Type has the value ${String(fields.Type)}`,
      { element: "Type" },
    );
  const needsAccount = fields.Type !== "Group" && fields.Type !== "Category";
  if (needsAccount && fields.IncomeAccountRef === undefined && fields.ExpenseAccountRef === undefined) {
    throw requiredMissing("IncomeAccountRef");
  }
  if (fields.Type === "Inventory") {
    for (const name of ["AssetAccountRef", "InvStartDate", "QtyOnHand"])
      if (fields[name] === undefined) throw requiredMissing(name);
  }
  // A category is a name alone; a bundle has the fields of what is sold, without accounts.
  if (fields.Type === "Category") return;
  fields.Taxable ??= false;
  fields.TrackQtyOnHand ??= fields.Type === "Inventory";
  fields.UnitPrice ??= 0;
  fields.PurchaseCost ??= 0;
}

function completeTime(fields: Fields): void {
  const hasDuration = fields.Hours !== undefined || fields.Minutes !== undefined;
  const hasTimes = fields.StartTime !== undefined && fields.EndTime !== undefined;
  if (!hasDuration && !hasTimes) throw requiredMissing("Hours");
  fields.BillableStatus ??= "NotBillable";
}
