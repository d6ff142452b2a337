import { ConnectorError } from "../errors/index.js";
import { type Random, systemRandom } from "../runtime/index.js";
import { type Ciphertext, commitmentLength, decrypt, encrypt, saltLength } from "./committing-cipher.js";
import type { DataKeyContext, KeyProvider, WrappedKey } from "./key-provider.js";
import { type KeyringEntry, parseKeyring } from "./keyring-text.js";
import { ivLength, keyLength, tagLength } from "./primitives.js";

const provider = "local";

/**
 * Key-encryption keys held in memory, from the configuration. The first wraps new data keys; the others only open what
 * they wrapped before, so that a key can be replaced while everything stays readable.
 */
export class LocalKeyring implements KeyProvider {
  readonly provider = provider;
  readonly currentKeyId: string;
  /** Ids of all keys, the current one first. */
  readonly keyIds: readonly string[];
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #random: Random;

  private constructor(first: KeyringEntry, others: readonly KeyringEntry[], random: Random) {
    this.currentKeyId = first.id;
    this.#keys = new Map([first, ...others].map(({ id, key }) => [id, key]));
    this.keyIds = [...this.#keys.keys()];
    this.#random = random;
  }

  /**
   * Reads `k2:base64,k1:base64`: ids of up to 32 letters, digits, dots, hyphens and underscores, keys of 32 bytes in
   * base64 or base64url. Spaces and line breaks around entries do not matter.
   *
   * @throws {ConnectorError} `KEY_INVALID` that names the key, the problem and how to make a good one.
   */
  static parse(text: string, random: Random = systemRandom): LocalKeyring {
    const [first, ...others] = parseKeyring(text);
    return new LocalKeyring(first, others, random);
  }

  /** A new key in the form that {@link LocalKeyring.parse} reads, such as `k1:…`. Keep it: without it nothing opens. */
  static generate(id = "k1", random: Random = systemRandom): string {
    const text = `${id}:${random.bytes(keyLength).toString("base64")}`;
    parseKeyring(text);
    return text;
  }

  async wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey> {
    const keyEncryptionKeyId = this.currentKeyId;
    const additionalData = bind(keyEncryptionKeyId, context);
    const parts = encrypt(this.#key(keyEncryptionKeyId, context), dataKey, additionalData, "data-key", this.#random);
    const bytes = Buffer.concat([parts.salt, parts.iv, parts.commitment, parts.tag, parts.data]);
    return { provider, keyEncryptionKeyId, ciphertext: bytes.toString("base64url") };
  }

  async unwrap(wrapped: WrappedKey, context: DataKeyContext): Promise<Buffer> {
    if (wrapped.provider !== provider) {
      throw unreadable(context, `was wrapped by the key provider "${wrapped.provider}", and this is a local keyring`);
    }
    const key = this.#key(wrapped.keyEncryptionKeyId, context);
    try {
      return decrypt(key, split(wrapped.ciphertext), bind(wrapped.keyEncryptionKeyId, context), "data-key");
    } catch (cause) {
      const problem = `does not open with key "${wrapped.keyEncryptionKeyId}": that id now names another key, or the stored row was altered or moved`;
      throw unreadable(context, problem, cause);
    }
  }

  isCurrent(wrapped: WrappedKey): boolean {
    return wrapped.provider === provider && wrapped.keyEncryptionKeyId === this.currentKeyId;
  }

  #key(id: string, context: DataKeyContext): Uint8Array {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    throw unreadable(
      context,
      `is wrapped by key "${id}", which the keyring does not hold (it holds ${this.keyIds.join(", ")}); add that key again behind the first one`,
    );
  }
}

// In the alphabetical order of canonical JSON, see additionalDataOf.
function bind(keyEncryptionKeyId: string, { dataKeyId, tenantId }: DataKeyContext): Buffer {
  return Buffer.from(JSON.stringify({ dataKey: dataKeyId, kek: keyEncryptionKeyId, tenant: tenantId, v: 1 }));
}

function split(ciphertext: string): Ciphertext {
  const bytes = Buffer.from(ciphertext, "base64url");
  if (bytes.toString("base64url") !== ciphertext) throw new Error("The wrapped key is not base64url.");
  const ivStart = saltLength;
  const commitmentStart = ivStart + ivLength;
  const tagStart = commitmentStart + commitmentLength;
  const dataStart = tagStart + tagLength;
  return {
    salt: bytes.subarray(0, ivStart),
    iv: bytes.subarray(ivStart, commitmentStart),
    commitment: bytes.subarray(commitmentStart, tagStart),
    tag: bytes.subarray(tagStart, dataStart),
    data: bytes.subarray(dataStart),
  };
}

function unreadable(context: DataKeyContext, problem: string, cause?: unknown): ConnectorError {
  const message = `Data key ${context.dataKeyId} of tenant ${context.tenantId} ${problem}.`;
  return new ConnectorError("SEALED_VALUE_UNREADABLE", message, { cause });
}
