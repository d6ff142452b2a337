import { ValidationError } from "@isthmus/core";

// In every engine that this package runs on (Node 22 and later), not yet in TypeScript's library.
// https://tc39.es/proposal-json-parse-with-source/
declare global {
  interface JSON {
    /** A value that JSON.stringify writes as it is. */
    rawJSON(text: string): object;
    /** As JSON.parse, and tells the text of each value. */
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * Fields whose numbers are amounts, quantities, rates or percentages in Intuit's schema. They are decimal strings here, as
 * binary floating point cannot hold them: 0.1 + 0.2 is not 0.3 there.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
 */
export const decimalFields: ReadonlySet<string> = new Set([
  "AbatementRate",
  "Amount",
  "AmountReceived",
  "AssetAmount",
  "AvgCost",
  "Balance",
  "BalanceRemaining",
  "BalanceWithJobs",
  "BillRate",
  "CcAmount",
  "CostRate",
  "CreditLimit",
  "CurrentBalance",
  "CurrentBalanceWithSubAccounts",
  "DefaultMarkup",
  "DepositAmount",
  "Deposit",
  "DiscountAmt",
  "DiscountPercent",
  "DiscountRate",
  "ExchangeRate",
  "HomeBalance",
  "HomeTotalAmt",
  "HourlyRate",
  "HomeAmount",
  "InitialAmt",
  "MarkupPercent",
  "NetAmountTaxable",
  "OpenBalance",
  "OpeningBalance",
  "OverrideDeltaAmount",
  "Percent",
  "PriceLevelPercent",
  "PurchaseCost",
  "Qty",
  "QtyOnHand",
  "QtyOnPurchaseOrder",
  "QtyOnSalesOrder",
  "Quantity",
  "RatePercent",
  "RateValue",
  "ReorderPoint",
  "RemainingCredit",
  "ReverseChargeRate",
  "SalesPrice",
  "TaxAmount",
  "TaxInclusiveAmt",
  "TaxPercent",
  "TotalAmt",
  "TotalTax",
  "UnappliedAmt",
  "UnitPrice",
]);

/**
 * Reads Intuit's JSON. Amounts are decimal strings with the digits that Intuit sent; so is any other number that has more
 * digits than JavaScript's numbers hold. Everything else is as in JSON.
 *
 * @throws {SyntaxError} for a text that is not JSON.
 */
export function parseDecimalJson(text: string): unknown {
  // Quotes around the amounts, then the engine's own parser: a fifth of the time that a reviver takes, which is called for
  // every value. In valid JSON a quote that no backslash precedes begins or ends a string, so that what is found here is a
  // name and its number, never a part of a text.
  const quoted = text.replace(amountPattern, '$1"$2"');
  return unusualNumber.test(quoted) ? parseEachNumber(text) : JSON.parse(quoted);
}

const amountPattern = new RegExp(
  `((?<!\\\\)"(?:${[...decimalFields].join("|")})"\\s*:\\s*)(-?\\d+(?:\\.\\d+)?)(?=\\s*[,}])`,
  "g",
);
/** A number with an exponent, or with more than 15 digits. May find one in a text, too: that costs time and nothing else. */
const unusualNumber = /[:[,]\s*-?(?:\d[\d.]*[eE][+-]?\d|\d[\d.]{15})/;

function parseEachNumber(text: string): unknown {
  return JSON.parse(text, (key, value, { source }) => {
    if (typeof value !== "number" || source === undefined) return value;
    return decimalFields.has(key) || !isHeldExactly(source) ? toPlainDecimal(source) : value;
  });
}

/**
 * Writes what {@link parseDecimalJson} reads: decimal strings of the fields for amounts become JSON numbers with the same
 * digits.
 *
 * @throws {ValidationError} naming the field whose amount is not a decimal number.
 */
export function stringifyDecimalJson(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === "number" && !Number.isFinite(item)) refuseAmount(key);
    if (typeof item !== "string" || !decimalFields.has(key)) return item;
    return /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/.test(item) ? JSON.rawJSON(item) : refuseAmount(key);
  });
}

function refuseAmount(field: string): never {
  throw new ValidationError(`The field ${field} is not a decimal number such as "1250.00".`, [
    { path: field, message: 'must be a decimal number such as "1250.00"' },
  ]);
}

/** Fifteen significant digits survive the way through a double. */
function isHeldExactly(source: string): boolean {
  const [digits = ""] = source.split(/e/i);
  return digits.replace(/^-?[0.]*|\./g, "").length <= 15;
}

/** Without an exponent, which few decimal libraries and no person expects in an amount. */
function toPlainDecimal(source: string): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?e([+-]?\d{1,3})$/i.exec(source);
  if (found === null) return source;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = digits.padStart(digits.length + Math.max(0, 1 - point), "0").padEnd(point, "0");
  const at = Math.max(1, point);
  const rest = padded.slice(at);
  return `${sign}${padded.slice(0, at).replace(/^0+(?=\d)/, "")}${rest === "" ? "" : `.${rest}`}`;
}
