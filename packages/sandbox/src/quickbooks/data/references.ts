import { invalidReference, objectNotFound } from "../errors.js";
import { type Fields, isObject, textIn } from "./json.js";
import type { JsonObject, JsonValue, QuickbooksRecord, QuickbooksRecords } from "./records.js";

/** Which entity a reference field points at, by the field's name wherever it stands in a record. */
const targets: Readonly<Record<string, string>> = {
  CustomerRef: "Customer",
  VendorRef: "Vendor",
  PrefVendorRef: "Vendor",
  EmployeeRef: "Employee",
  ItemRef: "Item",
  AccountRef: "Account",
  ItemAccountRef: "Account",
  ARAccountRef: "Account",
  APAccountRef: "Account",
  DepositToAccountRef: "Account",
  BankAccountRef: "Account",
  CCAccountRef: "Account",
  IncomeAccountRef: "Account",
  ExpenseAccountRef: "Account",
  AssetAccountRef: "Account",
  COGSAccountRef: "Account",
  DiscountAccountRef: "Account",
  MarkupAccountRef: "Account",
  FromAccountRef: "Account",
  ToAccountRef: "Account",
  ClassRef: "Class",
  DepartmentRef: "Department",
  SalesTermRef: "Term",
  TermRef: "Term",
  PaymentMethodRef: "PaymentMethod",
  TaxCodeRef: "TaxCode",
  TxnTaxCodeRef: "TaxCode",
  SalesTaxCodeRef: "TaxCode",
  DefaultTaxCodeRef: "TaxCode",
  TaxRateRef: "TaxRate",
};

/** Values that US companies write in place of an id. */
const pseudoIds = new Set(["TAX", "NON", "SHIPPING_ITEM_ID"]);

/**
 * Checks every reference in a record and fills in the names that QuickBooks returns beside the ids.
 *
 * @param ownEntity - What `ParentRef` points at.
 * @returns the record with names; `fields` stays as it is.
 * @throws {QuickbooksFault} 2500 for an id that does not exist, 610 for one that is inactive, unless `before` had it too.
 */
export function resolveReferences(
  fields: JsonObject,
  ownEntity: string,
  records: QuickbooksRecords,
  before: JsonObject | undefined,
): Fields {
  const known = before === undefined ? new Set<string>() : new Set(listReferences(before));
  return resolveObject(fields, (name, reference) => resolveReference(name, reference, ownEntity, records, known));
}

type Resolve = (name: string, reference: JsonObject) => JsonObject;

function resolveObject(fields: JsonObject, resolve: Resolve): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, resolveValue(name, value, resolve)]));
}

function resolveValue(name: string, value: JsonValue, resolve: Resolve): JsonValue {
  if (Array.isArray(value)) return value.map((part: JsonValue) => resolveValue("", part, resolve));
  if (!isObject(value)) return value;
  return name.endsWith("Ref") ? resolve(name, value) : resolveObject(value, resolve);
}

function resolveReference(
  name: string,
  reference: JsonObject,
  ownEntity: string,
  records: QuickbooksRecords,
  known: ReadonlySet<string>,
): JsonObject {
  const id = textIn(reference, "value");
  const entity = name === "ParentRef" ? ownEntity : (targets[name] ?? targetByType(name, reference));
  if (id === undefined || entity === undefined || pseudoIds.has(id)) return reference;
  const target = records.get(entity, id);
  if (target === undefined) throw invalidReference(name, entity, id);
  if (target.Active === false && !known.has(`${name}:${id}`)) throw objectNotFound();
  return { ...reference, value: id, name: nameOf(target) };
}

/** `EntityRef` says itself what it points at; the `Entity` of a journal line does so beside it and is not checked. */
function targetByType(name: string, reference: JsonObject): string | undefined {
  const type = textIn(reference, "type");
  return name === "EntityRef" && type !== undefined && ["Customer", "Vendor", "Employee"].includes(type)
    ? type
    : undefined;
}

function listReferences(fields: JsonObject): string[] {
  return Object.entries(fields).flatMap(([name, value]) => listIn(name, value));
}

function listIn(name: string, value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap((part: JsonValue) => listIn("", part));
  if (!isObject(value)) return [];
  return name.endsWith("Ref") ? [`${name}:${textIn(value, "value") ?? ""}`] : listReferences(value);
}

/** The name under which a record of a list is known. */
export function nameOf(record: QuickbooksRecord): string {
  return textIn(record, "FullyQualifiedName") ?? textIn(record, "DisplayName") ?? textIn(record, "Name") ?? record.Id;
}
