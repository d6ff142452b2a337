import { BoundedMap } from "../../shared/bounded-map.js";
import type { JsonObject } from "../data/records.js";
import type { Instrument } from "./instrument.js";

/** Money given back. */
export interface Refund {
  id: string;
  cents: bigint;
  /** What answers tell of it. */
  told: JsonObject;
}

/** A charge of a card, or an e-check. Amounts are cents. */
export interface Payment {
  id: string;
  kind: "charge" | "echeck";
  /** Asked for: the most that can be captured. */
  cents: bigint;
  /** Taken: the most that can be given back. `undefined` while it is authorised alone. */
  taken: bigint | undefined;
  refunds: readonly Refund[];
  /** What does not change in what answers tell of it. */
  told: JsonObject;
}

/** A card or an account that waits for its payment. */
export interface InstrumentToken {
  instrument: Instrument;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** An answer that a `Request-Id` brings back. */
export interface PaymentAnswer {
  status: number;
  body: JsonObject;
}

const capacity = 10_000;

/** The payments of one company and the first answers to its writes. Not kept across restarts. */
export class CompanyPayments {
  readonly payments = new BoundedMap<string, Payment>(capacity);
  readonly tokens = new BoundedMap<string, InstrumentToken>(capacity);
  /** By `Request-Id`. */
  readonly replays = new BoundedMap<string, PaymentAnswer>(capacity);
}

/** Everything that the Payments API remembers. Numbers of cards and accounts are masked before they come here. */
export class PaymentStore {
  readonly #companies = new Map<string, CompanyPayments>();

  /** The payments of a company; it is made where there is none yet. */
  of(realmId: string): CompanyPayments {
    const known = this.#companies.get(realmId);
    if (known !== undefined) return known;
    const created = new CompanyPayments();
    this.#companies.set(realmId, created);
    return created;
  }

  clear(): void {
    this.#companies.clear();
  }
}
