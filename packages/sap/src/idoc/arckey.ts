import { createHash } from "node:crypto";

/** What the message id of an exactly-once transmission begins with, in `ARCKEY`. */
export const messageIdPrefix = "urn:sap.com:msgid=";

/**
 * The `ARCKEY` of an IDoc, made of the caller's key so that a second try has the same one. A key that fits stands in it as it
 * is; a longer one, or one with blanks at its ends or characters beyond ASCII, as its SHA-256 in base64url.
 *
 * @param place - Of the IDoc within its transmission, from 0.
 * @param count - IDocs in the transmission.
 */
export function toArckey(idempotencyKey: string, place: number, count: number): string {
  const suffix = count === 1 ? "" : `/${place + 1}`;
  const fits = idempotencyKey.length + suffix.length <= 70 && /^[!-~](?:[ -~]*[!-~])?$/.test(idempotencyKey);
  return (fits ? idempotencyKey : createHash("sha256").update(idempotencyKey).digest("base64url")) + suffix;
}

/**
 * The message id of an exactly-once transmission, in `ARCKEY`: the prefix that SAP wants, and 32 hexadecimal digits made of
 * the caller's key.
 * @see https://www.stechno.net/repository/sap-messages.html?id=EA728
 */
export function toMessageId(idempotencyKey: string): string {
  const digest = createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 32).toUpperCase();
  return messageIdPrefix + digest;
}

/**
 * The `DOCNUM` of an IDoc that the caller gives none: 16 digits made of its `ARCKEY`, so that a second try has the same one, and
 * answers and status IDocs, which speak of it, mean this IDoc and no other.
 */
export function toDocnum(arckey: string): string {
  const digest = createHash("sha256").update(arckey).digest();
  return String((digest.readBigUInt64BE() % (10n ** 16n - 1n)) + 1n).padStart(16, "0");
}
