import { timingSafeEqual } from "node:crypto";
import type { Random } from "../runtime/index.js";
import { decryptAesGcm, encryptAesGcm, hkdfSha256, ivLength, keyLength } from "./primitives.js";

/** Bytes of the salt that each message key is derived with. */
export const saltLength = 32;
/** Bytes of the commitment to the key. */
export const commitmentLength = 32;

/** What {@link encrypt} makes of a plaintext. */
export interface Ciphertext {
  readonly salt: Uint8Array;
  readonly iv: Uint8Array;
  readonly data: Uint8Array;
  readonly tag: Uint8Array;
  readonly commitment: Uint8Array;
}

/** What the key is used for. Keys derived for one purpose tell nothing of those for another. */
export type Purpose = "value" | "data-key";

/** A ciphertext is not what this key made for this place. Says only which of the two guards refused it. */
export class NotAuthenticError extends Error {
  override readonly name = "NotAuthenticError";
  readonly guard: "commitment" | "tag";

  constructor(guard: "commitment" | "tag", options?: ErrorOptions) {
    super(`The ${guard} of the ciphertext does not fit.`, options);
    this.guard = guard;
  }
}

/**
 * Encrypts with AES-256-GCM under a message key of its own, and commits to the key. GCM alone does not: one ciphertext
 * can be made that opens under two keys ("invisible salamanders", https://eprint.iacr.org/2019/016), so a value could
 * mean one thing before a rotation and another after it.
 */
export function encrypt(
  key: Uint8Array,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
  purpose: Purpose,
  random: Random,
): Ciphertext {
  const salt = random.bytes(saltLength);
  const iv = random.bytes(ivLength);
  const { messageKey, commitment } = deriveKeys(key, salt, purpose);
  try {
    return { salt, iv, commitment, ...encryptAesGcm(messageKey, iv, plaintext, additionalData) };
  } finally {
    messageKey.fill(0);
  }
}

/**
 * The reverse of {@link encrypt}.
 *
 * @throws {NotAuthenticError} when the key, the additional data or any bit of the ciphertext is not the one it was made with.
 */
export function decrypt(key: Uint8Array, ciphertext: Ciphertext, additionalData: Uint8Array, purpose: Purpose): Buffer {
  const { messageKey, commitment } = deriveKeys(key, ciphertext.salt, purpose);
  try {
    const fits =
      ciphertext.commitment.length === commitmentLength && timingSafeEqual(commitment, ciphertext.commitment);
    if (!fits) throw new NotAuthenticError("commitment");
    return decryptAesGcm(messageKey, ciphertext.iv, ciphertext.data, ciphertext.tag, additionalData);
  } catch (error) {
    throw error instanceof NotAuthenticError ? error : new NotAuthenticError("tag", { cause: error });
  } finally {
    messageKey.fill(0);
  }
}

/**
 * Message key and commitment as two blocks of one HKDF output: neither tells anything of the other, and two keys with
 * the same commitment would be a collision of SHA-256.
 */
export function deriveKeys(
  key: Uint8Array,
  salt: Uint8Array,
  purpose: Purpose,
): { messageKey: Buffer; commitment: Buffer } {
  // HMAC pads a short key with zeros: keys of other lengths could mean the same.
  if (key.length !== keyLength) throw new RangeError(`A key has ${key.length} bytes instead of ${keyLength}.`);
  const output = hkdfSha256(key, salt, `isthmus/vault/v1/${purpose}`, keyLength + commitmentLength);
  return { messageKey: output.subarray(0, keyLength), commitment: output.subarray(keyLength) };
}
