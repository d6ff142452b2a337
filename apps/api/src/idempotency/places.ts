import type { SealContext } from "@isthmus/core";

/** Where the keyed digest of a request belongs. */
export function fingerprintPlace(tenantId: string, id: string): SealContext {
  return { tenantId, table: "idempotency_keys", recordId: id, field: "fingerprint" };
}

/** Where its sealed answer lives: the value opens there and nowhere else. */
export function answerPlace(tenantId: string, id: string): SealContext {
  return { tenantId, table: "idempotency_keys", recordId: id, field: "answer" };
}
