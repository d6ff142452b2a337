import type { VendorMessage } from "@isthmus/core";

/**
 * Message class and number of "someone else is working on it". A system has more of them; name its own in `lockMessages`.
 * @see https://www.erplingo.com/sap-error-messages/en/so/so198
 * @see https://www.stechno.net/repository/sap-messages.html?id=AUT126
 */
const lockMessages: ReadonlySet<string> = new Set([
  /** The plant data of a material. */
  "M3/024",
  /** A sales document. */
  "V1/042",
  /** A delivery. */
  "VL/046",
  /** A purchasing document. */
  "ME/006",
  /** Any object, by the lock server. */
  "MC/601",
  /** An object of SAPoffice. */
  "SO/198",
  /** A table. */
  "AUT/126",
]);

// Who holds it is a user: what is locked by a status or a block stays so.
const lockWords =
  /\b(?:locked|being processed|already processed|being edited) \(?by (?:the |another )?user\b|\bgesperrt durch (?:den )?(?:Benutzer|User)\b/i;

/** `locked by MMUELLER`, `gesperrt durch MMUELLER`: names of users are in capitals. */
const lockedByName = /\b(?:locked by|processed by|gesperrt durch) [A-Z][A-Z0-9_]{1,11}\b/;

/**
 * Whether a message says that someone else holds a lock, which passes by itself: by its code, or where the code is not known
 * by its words, if they are English or German.
 */
export function isLockMessage({ code, message }: VendorMessage, more: readonly string[] = []): boolean {
  if (code !== undefined && (lockMessages.has(code) || more.includes(code))) return true;
  return lockWords.test(message) || lockedByName.test(message);
}
