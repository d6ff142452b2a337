import { OutcomeUnknownError, type VendorMessage } from "@isthmus/core";
import type { Idoc } from "../idoc.js";
import type { SentRequest } from "./check-answer.js";
import type { StoredIdoc } from "./send-options.js";

/** What every request that carries these IDocs has in common. */
export function toRequest(
  idocs: readonly Idoc[],
): SentRequest & { readonly method: "POST"; readonly idempotent: boolean } {
  return { method: "POST", idempotent: false, name: "idocs.send", reconcile: toReconcile(idocs.map(toStored)) };
}

function toReconcile(idocs: readonly StoredIdoc[]): string {
  const keys = idocs.map(({ arckey }) => arckey);
  const named = keys.length > 5 ? [...keys.slice(0, 4), `… ${keys.at(-1)}`] : keys;
  return `Read table EDIDC (transaction SE16, or idocs.status) for ARCKEY ${named.join(", ")}. An IDoc that is there is stored: do not send it again.`;
}

/** An IDoc of which only that is known, that it was sent. */
export function toStored({ control }: Idoc): StoredIdoc {
  return { transferId: control.DOCNUM ?? "", arckey: control.ARCKEY ?? "" };
}

/** SAP may give the number back with or without its leading zeros. */
export function toNumber(docnum: string): string {
  return docnum.replace(/^0+/, "");
}

/**
 * Takes an answer that does not name every IDoc for what it is: neither a yes nor a no.
 * @throws {OutcomeUnknownError} naming the missing ones and, in `vendor.messages`, those that are stored.
 */
export function assertAllStored(idocs: readonly StoredIdoc[], request: SentRequest): void {
  const missing = idocs.filter(({ docnum }) => docnum === undefined);
  if (missing.length === 0) return;
  const messages = idocs.map(
    ({ arckey, docnum }): VendorMessage =>
      docnum === undefined
        ? { severity: "error", message: `The IDoc with ARCKEY ${arckey} is not in the answer.` }
        : { severity: "success", message: `The IDoc with ARCKEY ${arckey} is stored as ${docnum}.` },
  );
  const names = missing.map(({ arckey }) => arckey).slice(0, 20);
  throw new OutcomeUnknownError(
    `SAP's answer to ${request.name} names ${idocs.length - missing.length} of ${idocs.length} IDocs. Not among them: ${names.join(", ")}.`,
    { reconcile: toReconcile(missing), vendor: { messages } },
  );
}
