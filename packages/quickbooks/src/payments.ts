import { ConnectorError, ValidationError, validate } from "@isthmus/core";
import { z } from "zod";
import { type Api, requireJson } from "./api.js";
import { type WriteOptions, type WriteParts, writeOnce } from "./write-once.js";

const amountSchema = z
  .string()
  .regex(/^\d{1,10}(?:\.\d{1,2})?$/, "must be a decimal string such as 10.55")
  .meta({ description: "Decimal string.", examples: ["10.55"] });

/** What a charge is made of. A card is given as a token that Intuit made of it, never as its number. */
export const chargeSchema = z.strictObject({
  amount: amountSchema,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default("USD"),
  token: z.string().min(1).max(200).meta({ description: "Token of a card, made at Intuit.", writeOnly: true }),
  capture: z.boolean().default(true).meta({ description: "`false` authorises alone; capture it within days." }),
  description: z.string().max(4000).optional(),
  context: z.looseObject({ mobile: z.boolean().default(false), isEcommerce: z.boolean().default(true) }).prefault({}),
});

/** What a payment from a bank account is made of. */
export const echeckSchema = z.strictObject({
  amount: amountSchema,
  token: z.string().min(1).max(200).meta({ description: "Token of a bank account, made at Intuit.", writeOnly: true }),
  paymentMode: z.enum(["WEB"]).default("WEB"),
  description: z.string().max(4000).optional(),
});

/** A part, or all of it where no amount is given. */
export const refundSchema = z.strictObject({
  amount: amountSchema.optional(),
  description: z.string().max(4000).optional(),
});

/** What Intuit tells of a charge, an e-check or a refund; numbers of cards and accounts are masked. */
export const paymentSchema = z.looseObject({ id: z.string(), status: z.string(), amount: z.string().optional() });

/** A charge, an e-check or a refund. */
export type Payment = z.output<typeof paymentSchema>;

/**
 * The Payments API: money moves. Every write has a `Request-Id`, so that a lost answer does not charge twice.
 * @see https://developer.intuit.com/app/developer/qbpayments/docs/api/resources/all-entities/charges
 */
export class PaymentCalls {
  readonly #parts: WriteParts;
  readonly #api: Api;
  readonly #base: string;

  constructor(parts: WriteParts, origin: string) {
    this.#parts = parts;
    this.#api = parts.api;
    this.#base = `${origin}/quickbooks/v4/payments`;
  }

  /** Charges a card, or authorises the amount where `capture` is false. */
  createCharge(charge: z.input<typeof chargeSchema>, options: WriteOptions = {}): Promise<Payment> {
    return this.#write("charge.create", "/charges", validate(chargeSchema, charge, "payment"), options);
  }

  /** Takes an authorised amount, or a part of it. */
  captureCharge(id: string, capture: z.input<typeof refundSchema>, options: WriteOptions = {}): Promise<Payment> {
    return this.#write(
      "charge.capture",
      `/charges/${idOf(id)}/capture`,
      validate(refundSchema, capture, "payment"),
      options,
    );
  }

  /** Gives a charge back, or a part of it. */
  refundCharge(id: string, refund: z.input<typeof refundSchema>, options: WriteOptions = {}): Promise<Payment> {
    return this.#write(
      "charge.refund",
      `/charges/${idOf(id)}/refunds`,
      validate(refundSchema, refund, "payment"),
      options,
    );
  }

  readCharge(id: string, signal?: AbortSignal): Promise<Payment> {
    return this.#read("charge.read", `/charges/${idOf(id)}`, signal);
  }

  readChargeRefund(id: string, refundId: string, signal?: AbortSignal): Promise<Payment> {
    return this.#read("charge.readRefund", `/charges/${idOf(id)}/refunds/${idOf(refundId)}`, signal);
  }

  /** Takes an amount from a bank account; it is settled after days. */
  createEcheck(echeck: z.input<typeof echeckSchema>, options: WriteOptions = {}): Promise<Payment> {
    return this.#write("echeck.create", "/echecks", validate(echeckSchema, echeck, "payment"), options);
  }

  refundEcheck(id: string, refund: z.input<typeof refundSchema>, options: WriteOptions = {}): Promise<Payment> {
    return this.#write(
      "echeck.refund",
      `/echecks/${idOf(id)}/refunds`,
      validate(refundSchema, refund, "payment"),
      options,
    );
  }

  readEcheck(id: string, signal?: AbortSignal): Promise<Payment> {
    return this.#read("echeck.read", `/echecks/${idOf(id)}`, signal);
  }

  async #write(name: string, path: string, body: object, options: WriteOptions): Promise<Payment> {
    const request = {
      name,
      method: "POST",
      path: this.#base + path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    } as const;
    return toPayment(await writeOnce(this.#parts, request, options, "header"), name);
  }

  async #read(name: string, path: string, signal: AbortSignal | undefined): Promise<Payment> {
    const request = {
      name,
      method: "GET",
      path: this.#base + path,
      idempotent: true,
      ...(signal && { signal }),
    } as const;
    const answer = await this.#api.exchange(request);
    if (!this.#api.isGood(answer)) throw this.#api.failure(answer, request);
    return toPayment(requireJson(answer, name), name);
  }
}

function toPayment(body: unknown, name: string): Payment {
  const result = paymentSchema.safeParse(body, { reportInput: false });
  if (result.success) return result.data;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `QuickBooks' answer to ${name} has no id and status.`);
}

function idOf(id: string): string {
  if (/^[\w-]{1,60}$/.test(id)) return id;
  throw new ValidationError("This is no id of a payment.", [{ path: "id", message: "must be an id" }]);
}
