import { objectIn, objectsIn, referenceIn, textIn } from "../data/json.js";
import { centsOf } from "../data/money.js";
import type { JsonObject, QuickbooksRecords } from "../data/records.js";
import { findAccountId } from "./chart.js";
import type { Posting } from "./entry.js";

/** The customer and the vendor that a posting is about. */
export type Parties = Pick<Posting, "customerId" | "vendorId">;

/** What a sale credits: income by item, tax; discounts are debits. */
export function saleParts(record: JsonObject, records: QuickbooksRecords): Posting[] {
  const parties = { customerId: referenceIn(record, "CustomerRef") };
  const lines = objectsIn(record, "Line").flatMap((line) => saleLine(line, records));
  return [...lines, { accountId: taxAccount(records), debit: -taxOf(record) }]
    .filter((part) => part.debit !== 0n)
    .map((part) => ({ ...parties, ...part }));
}

function saleLine(line: JsonObject, records: QuickbooksRecords): Posting[] {
  const memo = textIn(line, "Description");
  if (line.DetailType === "GroupLineDetail") {
    return objectsIn(objectIn(line, "GroupLineDetail"), "Line").flatMap((part) => saleLine(part, records));
  }
  if (line.DetailType === "DiscountLineDetail") {
    const accountId =
      referenceIn(objectIn(line, "DiscountLineDetail"), "DiscountAccountRef") ??
      findAccountId(records, "Income", "DiscountsRefundsGiven");
    return [{ accountId, debit: centsOf(line.Amount), memo }];
  }
  if (line.DetailType === "SubTotalLineDetail") return [];
  const detail = objectIn(line, "SalesItemLineDetail");
  const item = records.get("Item", referenceIn(detail, "ItemRef") ?? "") ?? {};
  const accountId =
    referenceIn(item, "IncomeAccountRef") ??
    referenceIn(detail, "ItemAccountRef") ??
    findAccountId(records, "Income", "SalesOfProductIncome");
  return [{ accountId, debit: -centsOf(line.Amount), memo }];
}

/** What a purchase debits: the accounts of its lines, and the tax that can be claimed. */
export function purchaseParts(record: JsonObject, header: Parties, records: QuickbooksRecords): Posting[] {
  const lines = objectsIn(record, "Line").map((line): Posting => {
    const detail = objectIn(line, String(line.DetailType ?? ""));
    return {
      vendorId: header.vendorId,
      customerId: referenceIn(detail, "CustomerRef") ?? header.customerId,
      accountId:
        referenceIn(detail, "AccountRef") ??
        itemAccount(detail, records) ??
        findAccountId(records, "Expense", "OtherMiscellaneousServiceCost"),
      debit: centsOf(line.Amount),
      memo: textIn(line, "Description"),
    };
  });
  const tax = { ...header, accountId: taxAccount(records), debit: taxOf(record) };
  return [...lines, tax].filter((part) => part.debit !== 0n);
}

/** Stock goes to its asset account, everything else to the item's expense account. */
function itemAccount(detail: JsonObject, records: QuickbooksRecords): string | undefined {
  const item = records.get("Item", referenceIn(detail, "ItemRef") ?? "") ?? {};
  return (
    (textIn(item, "Type") === "Inventory" ? referenceIn(item, "AssetAccountRef") : undefined) ??
    referenceIn(item, "ExpenseAccountRef")
  );
}

/** The party in an `EntityRef` (or a deposit line's `Entity`), whose kind stands in it or beside it. */
export function partiesOf(reference: JsonObject, typeBeside?: string): Parties {
  const id = textIn(reference, "value");
  const type = textIn(reference, "type") ?? typeBeside;
  return {
    customerId: type?.toLowerCase() === "customer" ? id : undefined,
    vendorId: type?.toLowerCase() === "vendor" ? id : undefined,
  };
}

function taxOf(record: JsonObject): bigint {
  return centsOf(objectIn(record, "TxnTaxDetail").TotalTax);
}

function taxAccount(records: QuickbooksRecords): string {
  return findAccountId(records, "Other Current Liability", "SalesTaxPayable");
}
