import { isObject, objectIn, textIn } from "../data/json.js";
import type { JsonObject } from "../data/records.js";
import type { QuickbooksState } from "../state.js";
import { type Instrument, readInstrument } from "./instrument.js";
import { readCents, requireCents, writeCents } from "./payment-amount.js";
import { invalidPayment, paymentDeclined, paymentNotFound, wrongPaymentState } from "./payment-fault.js";
import type { CompanyPayments, Payment, Refund } from "./payment-store.js";
import { tellPayment } from "./tell-payment.js";

/** Milliseconds a token of a card waits for its payment; that and its single use were not verified. */
const tokenLifetimeMs = 15 * 60 * 1000;

/** The payments of one company. Every method is done when it returns, and gives what the answer tells. */
export class PaymentService {
  readonly company: CompanyPayments;
  readonly #state: QuickbooksState;

  constructor(state: QuickbooksState, realmId: string) {
    this.#state = state;
    this.company = state.payments.of(realmId);
  }

  /** Turns a card or a bank account into a token. @throws {PaymentFault} PMT-4000 */
  createToken(body: JsonObject): JsonObject {
    const instrument = readInstrument(body, this.#state.clock);
    if (instrument === undefined) throw invalidPayment("card", "A card or a bankAccount is required.");
    const value = this.#newId(18);
    this.company.tokens.set(value, { instrument, expiresAt: this.#state.clock() + tokenLifetimeMs });
    return { value };
  }

  /** Charges a card, or authorises alone. @throws {PaymentFault} */
  charge(body: JsonObject): JsonObject {
    const cents = requireCents(body);
    const currency = textIn(body, "currency") ?? "";
    if (!/^[A-Z]{3}$/.test(currency)) throw invalidPayment("currency");
    const { capture = true } = body;
    if (typeof capture !== "boolean") throw invalidPayment("capture");
    const card = this.#instrumentOf(body, "card");
    const told = { ...this.#telling(body), currency, capture, card };
    return this.#keep({ kind: "charge", cents, taken: capture ? cents : undefined, told });
  }

  /** Takes an amount from a bank account. @throws {PaymentFault} */
  echeck(body: JsonObject): JsonObject {
    const cents = requireCents(body);
    const paymentMode = textIn(body, "paymentMode") ?? "";
    if (paymentMode !== "WEB") throw invalidPayment("paymentMode");
    const bankAccount = this.#instrumentOf(body, "bankAccount");
    return this.#keep({
      kind: "echeck",
      cents,
      taken: cents,
      told: { ...this.#telling(body), paymentMode, bankAccount },
    });
  }

  /** Takes an authorised amount or a part of it, once. Intuit lets it be up to half more; here it may not be more. */
  capture(id: string, body: JsonObject): JsonObject {
    const payment = this.#find("charge", id);
    if (payment.taken !== undefined) throw wrongPaymentState("The charge has been captured already.");
    const taken = readCents(body) ?? payment.cents;
    if (taken > payment.cents) throw paymentDeclined("The capture exceeds the authorized amount.");
    const captureDetail = { created: this.#now(), amount: writeCents(taken), context: objectIn(body, "context") };
    const captured = { ...payment, taken, told: { ...payment.told, captureDetail } };
    this.company.payments.set(id, captured);
    return tellPayment(captured);
  }

  /** Gives back what was taken, or a part of it; the parts together are never more. That nothing can be given back before a capture is assumed. */
  refund(kind: Payment["kind"], id: string, body: JsonObject): JsonObject {
    const payment = this.#find(kind, id);
    if (payment.taken === undefined) throw wrongPaymentState("The charge has not been captured.");
    const left = payment.refunds.reduce((rest, { cents }) => rest - cents, payment.taken);
    const cents = readCents(body) ?? left;
    if (cents > left || cents === 0n) {
      throw invalidPayment("amount", `The refund exceeds what is left of the payment: ${writeCents(left)}.`);
    }
    const refundId = this.#newId(9);
    const told = { id: refundId, ...this.#telling(body), status: "ISSUED", amount: writeCents(cents) };
    const refund: Refund = { id: refundId, cents, told };
    this.company.payments.set(id, { ...payment, refunds: [...payment.refunds, refund] });
    return told;
  }

  /** @throws {PaymentFault} 404 */
  read(kind: Payment["kind"], id: string): JsonObject {
    return tellPayment(this.#find(kind, id));
  }

  /** @throws {PaymentFault} 404 */
  readRefund(kind: Payment["kind"], id: string, refundId: string): JsonObject {
    const refund = this.#find(kind, id).refunds.find((candidate) => candidate.id === refundId);
    if (refund === undefined) throw paymentNotFound(refundId);
    return refund.told;
  }

  #keep(fields: Omit<Payment, "id" | "refunds">): JsonObject {
    const payment = { id: this.#newId(9), refunds: [], ...fields };
    this.company.payments.set(payment.id, payment);
    return tellPayment(payment);
  }

  #find(kind: Payment["kind"], id: string): Payment {
    const payment = this.company.payments.get(id);
    if (payment?.kind !== kind) throw paymentNotFound(id);
    return payment;
  }

  /** The last check of a payment: a token that it finds is used up. */
  #instrumentOf(body: JsonObject, kind: Instrument["kind"]): JsonObject {
    const value = textIn(body, "token");
    if (value === undefined) {
      const given = isObject(body[kind]) ? readInstrument({ [kind]: body[kind] }, this.#state.clock) : undefined;
      if (given === undefined) throw invalidPayment("token", `A token or a ${kind} is required.`);
      return given.told;
    }
    const token = this.company.tokens.get(value);
    if (token?.instrument.kind !== kind || token.expiresAt <= this.#state.clock()) throw invalidPayment("token");
    this.company.tokens.delete(value);
    return token.instrument.told;
  }

  #telling(body: JsonObject): JsonObject {
    const description = textIn(body, "description");
    const context = objectIn(body, "context");
    return { created: this.#now(), context, ...(description !== undefined && { description }) };
  }

  #now(): string {
    return `${new Date(this.#state.clock()).toISOString().slice(0, 19)}Z`;
  }

  #newId(bytes: number): string {
    return `E${Buffer.from(this.#state.random(bytes)).toString("hex")}`;
  }
}
