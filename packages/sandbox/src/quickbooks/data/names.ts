import { invalidLength, invalidRequest, QuickbooksFault, requiredMissing } from "../errors.js";
import type { EntityDefinition } from "./entities.js";
import { type Fields, referenceIn, textIn } from "./json.js";
import type { JsonObject, QuickbooksRecord, QuickbooksRecords } from "./records.js";

/** Customers, vendors and employees share one set of names. */
const people = ["Customer", "Vendor", "Employee"];
/** Characters. */
const longestDisplayName = 500;
const longestName = 100;
/** Levels below the first. */
const deepestLevel = 4;
const nameParts = ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"];

/** Fills in what QuickBooks works out of the names: `DisplayName`, `FullyQualifiedName`, `PrintOnCheckName`, levels. */
export function completeNames(definition: EntityDefinition, fields: Fields, records: QuickbooksRecords): void {
  if (definition.kind !== "list") return;
  const isPerson = people.includes(definition.name);
  if (isPerson) completePerson(fields);
  const own = textIn(fields, isPerson ? "DisplayName" : "Name");
  if (own === undefined && isPerson) {
    throw new QuickbooksFault(
      "6080",
      "No Name Provided",
      "At least one of these must have a value: Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix.",
    );
  }
  if (own === undefined) throw requiredMissing("Name");
  const longest = isPerson ? longestDisplayName : longestName;
  if (own.length > longest) throw invalidLength(isPerson ? "DisplayName" : "Name", longest, own.length);
  // The colon separates the levels of a fully qualified name.
  if (/[:\t\n]/.test(own))
    throw invalidRequest(`Property Name:${own} must not contain a colon, tab or new line`, "Name");
  fields.Active ??= true;
  if (definition.name !== "Vendor" && definition.name !== "Employee")
    placeUnderParent(definition.name, fields, own, records);
}

function completePerson(fields: Fields): void {
  const parts = nameParts.flatMap((part) => textIn(fields, part) ?? []).join(" ");
  const name = textIn(fields, "DisplayName") ?? (parts === "" ? textIn(fields, "CompanyName") : parts);
  if (name === undefined) return;
  fields.DisplayName = name;
  fields.PrintOnCheckName ??= textIn(fields, "CompanyName") ?? name;
}

function placeUnderParent(entity: string, fields: Fields, own: string, records: QuickbooksRecords): void {
  const parentId = referenceIn(fields, "ParentRef");
  const parent = parentId === undefined ? undefined : records.get(entity, parentId);
  const isSub = parent !== undefined;
  fields.FullyQualifiedName = isSub ? `${textIn(parent, "FullyQualifiedName") ?? ""}:${own}` : own;
  if (isSub) assertPlace(entity, fields, parent, records);
  if (isSub) fields.Level = String(fields.FullyQualifiedName).split(":").length - 1;
  else delete fields.Level;
  if (entity === "Customer") fields.Job = isSub && fields.Job !== false;
  if (entity === "Account") fields.SubAccount = isSub;
  if (entity === "Class") fields.SubClass = isSub;
  if (entity === "Department") fields.SubDepartment = isSub;
  if (entity === "Item" && isSub) fields.SubItem = true;
}

/** @throws {QuickbooksFault} 900 for a record below itself, 6180 for one too deep. */
function assertPlace(entity: string, fields: Fields, parent: QuickbooksRecord, records: QuickbooksRecords): void {
  let level = 0;
  for (let above: QuickbooksRecord | undefined = parent; above !== undefined; level += 1) {
    if (above.Id === fields.Id) {
      throw new QuickbooksFault("900", "Parent cannot be child", "An object cannot be its own parent or child.");
    }
    above = records.get(entity, referenceIn(above, "ParentRef") ?? "");
  }
  if (level > deepestLevel) {
    throw new QuickbooksFault("6180", "Sub Level Limit", "You can nest up to 5 levels.", { element: "ParentRef" });
  }
}

/** @throws {QuickbooksFault} 6240 when another record, active or not, has this name. */
export function assertNameIsFree(
  definition: EntityDefinition,
  fields: JsonObject,
  id: string | undefined,
  records: QuickbooksRecords,
): void {
  if (definition.kind !== "list") return;
  const isPerson = people.includes(definition.name);
  const wanted = comparableName(fields, isPerson);
  const isTaken = (entity: string): boolean =>
    records
      .all(entity)
      .some((other) => (entity !== definition.name || other.Id !== id) && comparableName(other, isPerson) === wanted);
  const taken = (isPerson ? people : [definition.name]).some(isTaken);
  if (!taken) return;
  throw new QuickbooksFault(
    "6240",
    "Duplicate Name Exists Error",
    isPerson
      ? "The name supplied already exists. : Another customer, vendor or employee is already using this name. Please use a different name."
      : `The name supplied already exists. : ${String(fields.FullyQualifiedName ?? fields.Name)}`,
  );
}

function comparableName(fields: JsonObject, isPerson: boolean): string | undefined {
  const name = isPerson
    ? textIn(fields, "DisplayName")
    : (textIn(fields, "FullyQualifiedName") ?? textIn(fields, "Name"));
  return name?.toLowerCase();
}

/** @throws {QuickbooksFault} 6140 when another transaction of the same kind has the `DocNumber`. */
export function assertDocNumberIsFree(
  entity: string,
  docNumber: string,
  id: string | undefined,
  records: QuickbooksRecords,
): void {
  const other: QuickbooksRecord | undefined = records
    .all(entity)
    .find((record) => record.Id !== id && record.DocNumber === docNumber);
  if (other === undefined) return;
  throw new QuickbooksFault(
    "6140",
    "Duplicate Document Number Error",
    `Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber=${docNumber} is assigned to TxnType=${entity} with TxnId=${other.Id}`,
  );
}
