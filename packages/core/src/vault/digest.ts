import { createHmac, timingSafeEqual } from "node:crypto";
import { ConnectorError } from "../errors/index.js";
import { canonicalJson } from "./canonical-json.js";
import { hkdfSha256, keyLength } from "./primitives.js";
import { dataKeyIdPattern, type SealContext } from "./sealed-value.js";

const algorithm = "hmac-sha256";
// The data key is random already, and the same value has to give the same digest each time.
const noSalt = new Uint8Array();
/** 32 bytes in base64url; the last character has two bits to spare, which are zero in the canonical spelling. */
const digestPattern = /^hmac-sha256\/([\w.:-]{1,100})\/([\w-]{42}[AEIMQUYcgkosw048])$/;

/**
 * The text that is hashed: canonical JSON of the value together with its place, so that equal values of two places do not
 * show as equal.
 *
 * @param value - In canonical JSON.
 */
export function digestInput(value: string, keyId: string, context: SealContext): string {
  const { tenantId: tenant, table, recordId: record, field } = context;
  const header = canonicalJson({ alg: algorithm, field, kid: keyId, record, table, tenant, v: 1 });
  // The last name in the order of the others.
  return `${header.slice(0, -1)},"value":${value}}`;
}

/**
 * The key of a data key's digests, derived for nothing else: neither a sealed value nor its commitment tells anything about
 * it. Whoever asks for it overwrites it.
 */
export function deriveDigestKey(dataKey: Uint8Array): Buffer {
  return hkdfSha256(dataKey, noSalt, "isthmus/vault/v1/digest", keyLength);
}

/** Digests a text under a key of {@link deriveDigestKey}. */
export function digestText(digestKey: Uint8Array, keyId: string, text: string): string {
  return `${algorithm}/${keyId}/${createHmac("sha256", digestKey).update(text, "utf8").digest("base64url")}`;
}

/**
 * The id of the data key in a digest.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when the text is no digest of this format.
 */
export function keyIdOfDigest(digest: string): string {
  const keyId = digestPattern.exec(digest)?.[1];
  if (keyId !== undefined && dataKeyIdPattern.test(keyId)) return keyId;
  throw new ConnectorError(
    "SEALED_VALUE_UNREADABLE",
    "That is not a digest that this release can read: it was altered, cut, or written by a newer release.",
  );
}

/** Compares two digests in a time that does not tell where they differ. */
export function isSameDigest(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one, "utf8"), Buffer.from(other, "utf8")];
  return first.length === second.length && timingSafeEqual(first, second);
}
