import { ValidationError } from "../errors/index.js";
import type { Random } from "../runtime/index.js";
import { encrypt } from "./committing-cipher.js";
import { additionalDataOf, type SealContext, type SealedValue, sealedValueAlgorithm } from "./sealed-value.js";

/**
 * Seals values for one place with a key that it holds itself: see `Vault.sealer`. Disposing of it overwrites the key.
 */
export class Sealer implements Disposable {
  readonly #key: Buffer;
  readonly #keyId: string;
  readonly #context: SealContext;
  readonly #random: Random;
  #disposed = false;

  constructor(key: Buffer, keyId: string, context: SealContext, random: Random) {
    this.#key = key;
    this.#keyId = keyId;
    this.#context = context;
    this.#random = random;
  }

  /**
   * Seals a value as `Vault.seal` does, asking nobody.
   *
   * @throws {ValidationError} for a value that cannot be written as JSON.
   * @throws {TypeError} after it was disposed of: the key is gone.
   */
  seal(value: unknown): SealedValue {
    if (this.#disposed) throw new TypeError("This sealer was disposed of.");
    const plaintext = encodeJson(value);
    try {
      return sealBytes(this.#key, this.#keyId, plaintext, this.#context, this.#random);
    } finally {
      plaintext.fill(0);
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#key.fill(0);
  }
}

/** Seals bytes for a place under one data key. */
export function sealBytes(
  key: Uint8Array,
  keyId: string,
  plaintext: Uint8Array,
  context: SealContext,
  random: Random,
): SealedValue {
  const header = { v: 1, alg: sealedValueAlgorithm, kid: keyId } as const;
  const sealed = encrypt(key, plaintext, additionalDataOf(header, context), "value", random);
  return {
    ...header,
    salt: toBase64Url(sealed.salt),
    iv: toBase64Url(sealed.iv),
    data: toBase64Url(sealed.data),
    tag: toBase64Url(sealed.tag),
    commitment: toBase64Url(sealed.commitment),
  };
}

/**
 * A value as the bytes that are sealed.
 *
 * @throws {ValidationError} for a value that cannot be written as JSON.
 */
export function encodeJson(value: unknown): Buffer {
  try {
    const text = JSON.stringify(value);
    if (text !== undefined) return Buffer.from(text, "utf8");
  } catch {
    // A cycle or a BigInt; the message of the error may quote the value, so it is not kept.
  }
  throw new ValidationError("Only a value that can be written as JSON can be sealed.");
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}
