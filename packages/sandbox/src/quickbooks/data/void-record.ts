import { type Fields, isObject, objectsIn, textIn } from "./json.js";
import type { JsonObject, QuickbooksRecord } from "./records.js";

/** A transaction with every amount at zero, as QuickBooks leaves it behind when it is voided. */
export function voidFields(record: QuickbooksRecord): Fields {
  const note = textIn(record, "PrivateNote");
  const isPayment = record.UnappliedAmt !== undefined || record.PayType !== undefined;
  return {
    ...record,
    Line: isPayment ? [] : objectsIn(record, "Line").map(voidLine),
    ...(record.TxnTaxDetail === undefined ? {} : { TxnTaxDetail: { TotalTax: 0 } }),
    ...(record.Deposit === undefined ? {} : { Deposit: 0 }),
    TotalAmt: 0,
    PrivateNote: note === undefined || note === "Voided" ? "Voided" : `Voided - ${note}`,
  };
}

function voidLine(line: JsonObject): JsonObject {
  const detail = line.SalesItemLineDetail;
  if (!isObject(detail)) return { ...line, Amount: 0 };
  const quantity: JsonObject = detail.Qty === undefined ? {} : { Qty: 0 };
  const price: JsonObject = detail.UnitPrice === undefined ? {} : { UnitPrice: 0 };
  return { ...line, Amount: 0, SalesItemLineDetail: { ...detail, ...quantity, ...price } };
}
