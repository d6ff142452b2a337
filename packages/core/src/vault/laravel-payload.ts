import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ConnectorError } from "../errors/index.js";
import { fromBase64, type LaravelCipher } from "./laravel-keys.js";
import { tagLength } from "./primitives.js";

const cbcIvLength = 16;
const gcmIvLength = 12;

const base64 = z.string().refine((text) => fromBase64(text) !== undefined);
// Laravel wrote no tag before it knew GCM.
const payloadSchema = z.strictObject({ iv: base64, value: base64, mac: z.string(), tag: base64.default("") });

type Payload = z.infer<typeof payloadSchema>;

/**
 * Decrypts what Laravel's encrypter wrote: base64 of JSON of `iv`, `value`, `mac` and `tag`. The cipher is the caller's
 * word and never the payload's, so nobody who can write to the database picks a weaker one.
 *
 * @returns the plaintext in fresh bytes, which the caller overwrites when it is done with them.
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE`, which tells a payload of another form from one that no key opens.
 * @see https://laravel.com/docs/encryption
 */
export function decryptLaravelPayload(text: string, keys: readonly Buffer[], cipher: LaravelCipher): Buffer {
  const payload = parsePayload(text);
  const isGcm = cipher.endsWith("-GCM");
  const iv = Buffer.from(payload.iv, "base64");
  const tag = Buffer.from(payload.tag, "base64");
  const hasTag = tag.length > 0;
  if (isGcm !== hasTag) {
    const found = isGcm
      ? "has no tag, which every value of a GCM cipher has"
      : "has a tag, which only GCM ciphers make";
    throw unreadable(`${found}: the cipher is said to be ${cipher}; compare it with Laravel's config/app.php`);
  }
  // OpenSSL takes shorter tags, which are guessed sooner, and other lengths of GCM's initialisation vector.
  if (isGcm && tag.length !== tagLength) throw unreadable(`has a tag of ${tag.length} bytes instead of ${tagLength}`);
  const ivLength = isGcm ? gcmIvLength : cbcIvLength;
  if (iv.length !== ivLength) {
    throw unreadable(`has an initialisation vector of ${iv.length} bytes instead of ${ivLength}`);
  }
  if (isGcm && payload.mac !== "") throw unreadable("has a MAC beside its tag, which Laravel never writes");

  const data = Buffer.from(payload.value, "base64");
  for (const key of keys) {
    const plaintext = isGcm ? decryptGcm(cipher, key, iv, data, tag) : decryptCbc(cipher, key, iv, data, payload);
    if (plaintext !== undefined) return plaintext;
  }
  const tried = keys.length === 1 ? "the key that was given" : `any of the ${keys.length} keys that were given`;
  throw unreadable(
    `does not open with ${tried}: either it was altered, or its key is missing; look for it in the application's APP_KEY and APP_PREVIOUS_KEYS`,
  );
}

function parsePayload(text: string): Payload {
  const bytes = fromBase64(text);
  if (bytes === undefined || bytes.length === 0) throw unreadable("is not base64: copy the column's text whole");
  const result = payloadSchema.safeParse(parseJson(bytes), { reportInput: false });
  if (result.success) return result.data;
  throw unreadable(
    "is not base64 of JSON with iv, value, mac and tag: was this column written by Laravel's encrypter?",
  );
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined; // The parser's message quotes the payload.
  }
}

function decryptCbc(
  cipher: LaravelCipher,
  key: Buffer,
  iv: Buffer,
  data: Buffer,
  payload: Payload,
): Buffer | undefined {
  // Laravel's MAC covers the base64 texts. Before it fits nothing is decrypted: the padding's errors would tell of the
  // plaintext. https://www.rfc-editor.org/rfc/rfc7366#section-1
  const expected = Buffer.from(createHmac("sha256", key).update(`${payload.iv}${payload.value}`).digest("hex"));
  const given = Buffer.from(payload.mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const decipher = createDecipheriv(cipher, key, iv);
  const start = decipher.update(data);
  try {
    return joinAndWipe(start, decipher.final());
  } catch {
    start.fill(0);
    return undefined;
  }
}

function decryptGcm(cipher: LaravelCipher, key: Buffer, iv: Buffer, data: Buffer, tag: Buffer): Buffer | undefined {
  const name = cipher === "AES-128-GCM" ? "aes-128-gcm" : "aes-256-gcm";
  const decipher = createDecipheriv(name, key, iv, { authTagLength: tagLength });
  decipher.setAuthTag(tag);
  const start = decipher.update(data);
  try {
    return joinAndWipe(start, decipher.final());
  } catch {
    start.fill(0);
    return undefined;
  }
}

function joinAndWipe(start: Buffer, end: Buffer): Buffer {
  const whole = Buffer.concat([start, end]);
  start.fill(0);
  end.fill(0);
  return whole;
}

function unreadable(problem: string): ConnectorError {
  return new ConnectorError("SEALED_VALUE_UNREADABLE", `The value of Laravel's encrypter ${problem}.`);
}
