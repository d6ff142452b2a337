import type { JsonObject } from "../data/records.js";
import { invalidPayment } from "./payment-fault.js";

/**
 * Reads an amount exactly, in cents.
 *
 * @returns `undefined` where there is none.
 * @throws {PaymentFault} PMT-4000 for anything but a positive decimal with at most two places.
 */
export function readCents(body: JsonObject, name = "amount"): bigint | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const match = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text);
  const cents = match === null ? 0n : BigInt(`${match[1]}${(match[2] ?? "").padEnd(2, "0")}`);
  if (cents <= 0n) throw invalidPayment(name);
  return cents;
}

/** Reads an amount that must be there, in cents. @throws {PaymentFault} PMT-4000 */
export function requireCents(body: JsonObject): bigint {
  const cents = readCents(body);
  if (cents === undefined) throw invalidPayment("amount", "amount is required.");
  return cents;
}

/** Cents as the decimal string that answers carry, always with two places. */
export function writeCents(cents: bigint): string {
  const digits = String(cents).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
