import type { JsonObject } from "../data/records.js";
import { writeCents } from "./payment-amount.js";
import type { Payment } from "./payment-store.js";

/** A payment as answers tell it: amounts are decimal strings, numbers are masked. */
export function tellPayment(payment: Payment): JsonObject {
  const { id, cents, refunds, told } = payment;
  return {
    ...told,
    id,
    status: statusOf(payment),
    amount: writeCents(cents),
    ...(refunds.length > 0 && { refundDetail: refunds.map((refund) => refund.told) }),
  };
}

/** An e-check stays `PENDING` here: at Intuit it is settled after days. */
function statusOf({ kind, taken, refunds }: Payment): string {
  if (taken === undefined) return "AUTHORIZED";
  const refunded = refunds.reduce((sum, { cents }) => sum + cents, 0n);
  if (refunded === taken) return "REFUNDED";
  return kind === "charge" ? "CAPTURED" : "PENDING";
}
