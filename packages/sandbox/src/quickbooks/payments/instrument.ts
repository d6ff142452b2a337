import type { Clock } from "../../shared/clock.js";
import { isObject, objectIn, textIn } from "../data/json.js";
import type { JsonObject } from "../data/records.js";
import { invalidPayment } from "./payment-fault.js";

/** What money is taken from, as it may be kept and told: its number is masked already. */
export interface Instrument {
  kind: "card" | "bankAccount";
  /** What answers tell of it. */
  told: JsonObject;
}

/** Reads a card or a bank account, whichever the body has. @throws {PaymentFault} PMT-4000 */
export function readInstrument(body: JsonObject, clock: Clock): Instrument | undefined {
  if (isObject(body.card)) return { kind: "card", told: readCard(body.card, clock) };
  if (isObject(body.bankAccount)) return { kind: "bankAccount", told: readBankAccount(body.bankAccount) };
  return undefined;
}

function readCard(card: JsonObject, clock: Clock): JsonObject {
  const number = (textIn(card, "number") ?? "").replace(/[ -]/g, "");
  if (!/^\d{13,19}$/.test(number) || !hasCheckDigit(number)) throw invalidPayment("card.number");
  const expMonth = textIn(card, "expMonth") ?? "";
  const expYear = textIn(card, "expYear") ?? "";
  if (!/^(?:0?[1-9]|1[0-2])$/.test(expMonth)) throw invalidPayment("card.expMonth");
  if (!/^\d{4}$/.test(expYear)) throw invalidPayment("card.expYear");
  // A card is good until its month ends.
  if (Date.UTC(Number(expYear), Number(expMonth)) <= clock())
    throw invalidPayment("card.expYear", "The card has expired.");
  const name = textIn(card, "name");
  // The security code is used up here: nobody may keep it.
  return {
    number: mask(number),
    ...(name !== undefined && { name }),
    address: objectIn(card, "address"),
    cardType: brandOf(number),
    expMonth: expMonth.padStart(2, "0"),
    expYear,
  };
}

function readBankAccount(account: JsonObject): JsonObject {
  const accountNumber = textIn(account, "accountNumber") ?? "";
  const routingNumber = textIn(account, "routingNumber") ?? "";
  const name = textIn(account, "name");
  const phone = textIn(account, "phone");
  if (!/^\d{4,17}$/.test(accountNumber)) throw invalidPayment("bankAccount.accountNumber");
  if (!/^\d{9}$/.test(routingNumber)) throw invalidPayment("bankAccount.routingNumber");
  if (name === undefined) throw invalidPayment("bankAccount.name", "bankAccount.name is required.");
  return {
    name,
    accountNumber: mask(accountNumber),
    routingNumber: mask(routingNumber),
    accountType: textIn(account, "accountType") ?? "PERSONAL_CHECKING",
    ...(phone !== undefined && { phone }),
  };
}

function mask(number: string): string {
  return "x".repeat(number.length - 4) + number.slice(-4);
}

/** The Luhn formula (ISO/IEC 7812-1): every card number ends in a digit that makes this sum end in 0. */
function hasCheckDigit(number: string): boolean {
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

const brands: readonly (readonly [pattern: RegExp, brand: string])[] = [
  [/^4/, "VISA"],
  [/^(?:5[1-5]|2[2-7])/, "MC"],
  [/^3[47]/, "AMEX"],
  [/^(?:6011|65|64[4-9])/, "DISC"],
  [/^3(?:0[0-5]|[68])/, "DINERS"],
  [/^35/, "JCB"],
];

function brandOf(number: string): string {
  return brands.find(([pattern]) => pattern.test(number))?.[1] ?? "UNKNOWN";
}
