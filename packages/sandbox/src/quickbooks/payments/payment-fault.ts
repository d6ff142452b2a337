import type { JsonObject } from "../data/records.js";

/** The families of refusal: a field is wrong, the money is not to be had, or there is no such payment. */
export type PaymentFaultType = "invalid_request" | "transaction_declined" | "system_error";

const infoLink = "https://developer.intuit.com/app/developer/qbpayments/docs/develop/troubleshooting/error-codes";

/** A refusal of the Payments API, which has an envelope of its own. */
export class PaymentFault extends Error {
  override readonly name = "PaymentFault";
  readonly status: number;
  /** Such as `PMT-4000`. */
  readonly code: string;
  readonly type: PaymentFaultType;
  /** The field it concerns, or what to know of it. */
  readonly detail: string;

  constructor(status: number, code: string, type: PaymentFaultType, message: string, detail: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.type = type;
    this.detail = detail;
  }

  /** The body of the answer. */
  toBody(): JsonObject {
    const { code, type, message, detail } = this;
    return { errors: [{ code, type, message, detail, infoLink }] };
  }
}

// The families (the thousands) are documented, as are PMT-4000 for a token that is unknown and PMT-5000 for a capture that
// is too much. The other codes, the wording and the statuses are this sandbox's assumptions.

/** PMT-4000: a field that is missing or cannot be taken. `detail` names it. */
export function invalidPayment(detail: string, message = `${detail} is invalid.`): PaymentFault {
  return new PaymentFault(400, "PMT-4000", "invalid_request", message, detail);
}

/** PMT-4002: the payment is not in a state for this, such as a second capture. */
export function wrongPaymentState(message: string): PaymentFault {
  return new PaymentFault(400, "PMT-4002", "invalid_request", message, "status");
}

/** PMT-5000: the bank or the card's issuer said no. */
export function paymentDeclined(message: string): PaymentFault {
  return new PaymentFault(400, "PMT-5000", "transaction_declined", message, "");
}

/** 404: no payment of this company has the id. */
export function paymentNotFound(id: string): PaymentFault {
  return new PaymentFault(404, "PMT-4000", "invalid_request", "The payment was not found.", id);
}
