import { businessValidation, QuickbooksFault, requiredMissing } from "../errors.js";
import { type Fields, objectIn, objectsIn, referenceIn, textIn } from "./json.js";
import { centsOf, multiplyToCents, percentOfCents, readDecimal, roundToCents, toAmount } from "./money.js";
import type { JsonObject, QuickbooksRecords } from "./records.js";

const salesEntities = new Set(["Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"]);
const purchaseEntities = new Set(["Bill", "VendorCredit", "Purchase", "PurchaseOrder", "Deposit"]);

/**
 * Works out the amounts of a transaction from its lines: line amounts, sub-total line, tax and `TotalAmt`.
 *
 * All in whole cents; the numbers in the record are the nearest doubles to them.
 *
 * @throws {QuickbooksFault} 2020, 6000, 6070 for lines that make no sense.
 */
export function completeTotals(entity: string, fields: Fields, records: QuickbooksRecords): void {
  if (salesEntities.has(entity)) completeSale(fields, records);
  else if (purchaseEntities.has(entity)) completePurchase(fields);
  else if (entity === "JournalEntry") assertBalanced(fields);
  else if (entity === "Transfer") fields.Amount = toAmount(centsOf(fields.Amount));
}

function completeSale(fields: Fields, records: QuickbooksRecords): void {
  const lines = numberLines(objectsIn(fields, "Line").filter((line) => line.DetailType !== "SubTotalLineDetail"));
  if (lines.length === 0) throw requiredMissing("Line");
  let subTotal = 0n;
  let discount = 0n;
  const priced = lines.map((line) => completeSalesLine(line));
  for (const line of priced) if (line.DetailType !== "DiscountLineDetail") subTotal += centsOf(line.Amount);
  const finished = priced.map((line) => {
    if (line.DetailType !== "DiscountLineDetail") return line;
    const amount = discountOf(line, subTotal);
    discount += amount;
    return { ...line, Amount: toAmount(amount) };
  });
  const beforeDiscount = finished.filter((line) => line.DetailType !== "DiscountLineDetail");
  const discounts = finished.filter((line) => line.DetailType === "DiscountLineDetail");
  const subTotalLine = { Amount: toAmount(subTotal), DetailType: "SubTotalLineDetail", SubTotalLineDetail: {} };
  fields.Line = [...beforeDiscount, subTotalLine, ...discounts];
  const tax = taxOf(fields, beforeDiscount, records);
  const total = subTotal - discount + (fields.GlobalTaxCalculation === "TaxInclusive" ? 0n : tax);
  if (total < 0n) throw businessValidation("Transaction amount must be 0 or greater.");
  fields.TxnTaxDetail = { ...objectIn(fields, "TxnTaxDetail"), TotalTax: toAmount(tax) };
  fields.ApplyTaxAfterDiscount ??= false;
  fields.TotalAmt = toAmount(total);
}

function completeSalesLine(line: JsonObject): JsonObject {
  const type = textIn(line, "DetailType");
  if (type === undefined) throw requiredMissing("DetailType");
  if (type === "DescriptionOnly") return line;
  if (type === "GroupLineDetail") return completeGroup(line);
  if (type !== "SalesItemLineDetail") return line;
  if (line.SalesItemLineDetail === undefined) throw requiredMissing("SalesItemLineDetail");
  const detail = objectIn(line, "SalesItemLineDetail");
  const [quantity, price] = [readDecimal(detail.Qty), readDecimal(detail.UnitPrice)];
  const product = quantity === undefined || price === undefined ? undefined : multiplyToCents(quantity, price);
  if (line.Amount === undefined && product === undefined) throw requiredMissing("Amount");
  const amount = line.Amount === undefined ? (product ?? 0n) : centsOf(line.Amount);
  if (product !== undefined && product !== amount) {
    throw new QuickbooksFault(
      "6070",
      "Amount calculation incorrect in the request",
      "Amount calculation incorrect in the request. Amount is not equal to UnitPrice * Qty. Supplied value:" +
        `${toAmount(amount)}, expected:${toAmount(product)}`,
    );
  }
  const taxCode = { TaxCodeRef: detail.TaxCodeRef ?? { value: "NON" } };
  return { ...line, Amount: toAmount(amount), SalesItemLineDetail: { ...detail, ...taxCode } };
}

function completeGroup(line: JsonObject): JsonObject {
  const detail = objectIn(line, "GroupLineDetail");
  const parts = objectsIn(detail, "Line").map(completeSalesLine);
  const sum = parts.reduce((total, part) => total + centsOf(part.Amount), 0n);
  return { ...line, Amount: toAmount(sum), GroupLineDetail: { ...detail, Line: parts } };
}

function discountOf(line: JsonObject, subTotal: bigint): bigint {
  const detail = objectIn(line, "DiscountLineDetail");
  const percent = readDecimal(detail.DiscountPercent);
  return detail.PercentBased === true && percent !== undefined
    ? percentOfCents(subTotal, percent)
    : centsOf(line.Amount);
}

/** The tax that the client states, or else that of the tax code on the taxable lines. */
function taxOf(fields: Fields, lines: readonly JsonObject[], records: QuickbooksRecords): bigint {
  const detail = objectIn(fields, "TxnTaxDetail");
  if (detail.TotalTax !== undefined) return centsOf(detail.TotalTax);
  const codeId = referenceIn(detail, "TxnTaxCodeRef");
  const code = codeId === undefined ? undefined : records.get("TaxCode", codeId);
  if (code === undefined) return 0n;
  const taxable = lines
    .filter((line) => referenceIn(objectIn(line, "SalesItemLineDetail"), "TaxCodeRef") === "TAX")
    .reduce((sum, line) => sum + centsOf(line.Amount), 0n);
  const rates = objectsIn(objectIn(code, "SalesTaxRateList"), "TaxRateDetail");
  return rates.reduce((sum, rate) => sum + percentOfCents(taxable, rateOf(rate, records)), 0n);
}

function rateOf(rateDetail: JsonObject, records: QuickbooksRecords): bigint {
  const rate = records.get("TaxRate", referenceIn(rateDetail, "TaxRateRef") ?? "");
  return rate === undefined ? 0n : (readDecimal(rate.RateValue) ?? 0n);
}

function completePurchase(fields: Fields): void {
  const lines = numberLines(objectsIn(fields, "Line"));
  if (lines.length === 0) throw requiredMissing("Line");
  for (const line of lines) {
    if (line.Amount === undefined) throw requiredMissing("Amount");
    if (line.DetailType === undefined && line.LinkedTxn === undefined) throw requiredMissing("DetailType");
    if (
      line.DetailType === "AccountBasedExpenseLineDetail" &&
      referenceIn(objectIn(line, "AccountBasedExpenseLineDetail"), "AccountRef") === undefined
    ) {
      throw requiredMissing("AccountRef");
    }
  }
  fields.Line = lines.map((line) => ({ ...completeExpense(line), Amount: toAmount(centsOf(line.Amount)) }));
  const sum = lines.reduce((total, line) => total + centsOf(line.Amount), 0n);
  const tax = fields.GlobalTaxCalculation === "TaxInclusive" ? 0n : centsOf(objectIn(fields, "TxnTaxDetail").TotalTax);
  const cashBack = centsOf(objectIn(fields, "CashBack").Amount);
  fields.TotalAmt = toAmount(sum + tax - cashBack);
}

/** An expense that says nothing of it is not billed to a customer and not taxed, as the page of a Bill shows. */
function completeExpense(line: JsonObject): JsonObject {
  const name = textIn(line, "DetailType") ?? "";
  if (name !== "AccountBasedExpenseLineDetail" && name !== "ItemBasedExpenseLineDetail") return line;
  return { ...line, [name]: { BillableStatus: "NotBillable", TaxCodeRef: { value: "NON" }, ...objectIn(line, name) } };
}

function assertBalanced(fields: Fields): void {
  const lines = numberLines(objectsIn(fields, "Line"));
  if (lines.length === 0) throw requiredMissing("Line");
  let balance = 0n;
  fields.Line = lines.map((line) => {
    if (line.DetailType === "DescriptionOnly") return line;
    const detail = objectIn(line, "JournalEntryLineDetail");
    if (referenceIn(detail, "AccountRef") === undefined) throw requiredMissing("AccountRef");
    if (detail.PostingType !== "Debit" && detail.PostingType !== "Credit") {
      throw new QuickbooksFault("2260", "MissingPostingType", "A posting type is required: Debit or Credit.", {
        element: "PostingType",
      });
    }
    const cents = roundToCents(readDecimal(line.Amount) ?? 0n);
    balance += detail.PostingType === "Debit" ? cents : -cents;
    return { ...line, Amount: toAmount(cents) };
  });
  if (balance !== 0n)
    throw businessValidation("The total amount of debits does not equal the total amount of credits.");
}

/** Lines keep the ids they have; new ones get the next numbers. */
function numberLines(lines: readonly JsonObject[]): JsonObject[] {
  let last = Math.max(0, ...lines.map((line) => Number(textIn(line, "Id") ?? 0)).filter(Number.isInteger));
  return lines.map((line, index) => {
    const id = textIn(line, "Id");
    if (id === undefined) last += 1;
    return { ...line, Id: id ?? String(last), LineNum: index + 1 };
  });
}
