import { objectIn, objectsIn, textIn } from "../data/json.js";
import type { JsonValue, QuickbooksRecord } from "../data/records.js";

/** The lines of text that a printed form shows. */
export function describeDocument(companyName: string, entity: string, record: QuickbooksRecord): string[] {
  const party = textIn(objectIn(record, "CustomerRef"), "name") ?? textIn(objectIn(record, "VendorRef"), "name") ?? "";
  const lines = objectsIn(record, "Line")
    .filter((line) => line.DetailType === "SalesItemLineDetail" || line.DetailType === "ItemBasedExpenseLineDetail")
    .map((line) => {
      const item = textIn(objectIn(objectIn(line, String(line.DetailType)), "ItemRef"), "name");
      return `${textIn(line, "Description") ?? item ?? ""}    ${money(line.Amount)}`;
    });
  return [
    companyName,
    `${entity.replace(/([a-z])([A-Z])/g, "$1 $2")} ${textIn(record, "DocNumber") ?? record.Id}`,
    `Date ${textIn(record, "TxnDate") ?? ""}`,
    party,
    ...lines,
    `Total ${money(record.TotalAmt)}`,
  ];
}

function money(amount: JsonValue | undefined): string {
  return typeof amount === "number" ? amount.toFixed(2) : "0.00";
}
