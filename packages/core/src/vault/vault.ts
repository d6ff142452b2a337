import { ConnectorError, isConnectorError } from "../errors/index.js";
import { type Clock, type Random, systemClock, systemRandom } from "../runtime/index.js";
import { canonicalJson } from "./canonical-json.js";
import { decrypt } from "./committing-cipher.js";
import { DataKeyCache, type DataKeyCacheLimits } from "./data-key-cache.js";
import type { DataKeyRecord, DataKeyStore } from "./data-key-store.js";
import { deriveDigestKey, digestInput, digestText, isSameDigest, keyIdOfDigest } from "./digest.js";
import { Digester } from "./digester.js";
import type { DataKeyContext, KeyProvider } from "./key-provider.js";
import { keyLength } from "./primitives.js";
import {
  additionalDataOf,
  assertPlace,
  dataKeyIdPattern,
  parseSealedValue,
  type SealContext,
  type SealedValue,
} from "./sealed-value.js";
import { encodeJson, Sealer, sealBytes } from "./sealer.js";
import { deriveSigner, type Signer, type SigningPurpose } from "./signer.js";

/** What a {@link Vault} is made of. */
export interface VaultOptions {
  /** Wraps and unwraps the tenants' data keys. */
  readonly keyProvider: KeyProvider;
  /** Keeps the wrapped data keys. */
  readonly dataKeys: DataKeyStore;
  /** Limits of the cache of unwrapped keys. Default: 1 minute, 1 000 keys. */
  readonly cache?: Partial<DataKeyCacheLimits>;
  /** Makes ids of new data keys: 1 to 100 letters, digits, `_`, `.`, `:` or `-`. Default: random UUIDs. */
  readonly createDataKeyId?: () => string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: `node:crypto`. */
  readonly random?: Random;
}

/**
 * Seals values so that only their tenant's data key opens them, and only in the place that they were sealed for.
 *
 * Both methods may ask the store and the key provider, so call them outside database transactions. What is sealed does
 * not change with the place's other fields, and it is not dated: an older sealed value of the same place opens too.
 */
export class Vault {
  readonly #keyProvider: KeyProvider;
  readonly #dataKeys: DataKeyStore;
  readonly #cache: DataKeyCache;
  readonly #createDataKeyId: () => string;
  readonly #random: Random;
  readonly #creations = new Map<string, Promise<DataKeyRecord>>();

  constructor(options: VaultOptions) {
    this.#keyProvider = options.keyProvider;
    this.#dataKeys = options.dataKeys;
    this.#random = options.random ?? systemRandom;
    this.#createDataKeyId = options.createDataKeyId ?? (() => this.#random.uuid());
    this.#cache = new DataKeyCache(
      { ttlMs: options.cache?.ttlMs ?? 60_000, maximumKeys: options.cache?.maximumKeys ?? 1_000 },
      options.clock ?? systemClock,
    );
  }

  /**
   * Seals a value under the tenant's current data key, which is made and stored first where there is none.
   *
   * @param value - Anything that `JSON.stringify` can write; it comes back as `JSON.parse` reads it.
   * @throws {ConnectorError} `KEY_UNAVAILABLE` (retryable) while the key provider is away, `SEALED_VALUE_UNREADABLE`
   * when the stored data key does not unwrap, `KEY_INVALID` when a new data key's id would not be read again,
   * `VALIDATION_FAILED` for a value or place that cannot be written.
   */
  async seal(value: unknown, context: SealContext): Promise<SealedValue> {
    // Before a data key is made for it.
    assertPlace(context);
    const plaintext = encodeJson(value);
    try {
      const record = await this.#currentKey(context.tenantId);
      return await this.#withKey(context.tenantId, record.id, record, (key) =>
        sealBytes(key, record.id, plaintext, context, this.#random),
      );
    } finally {
      plaintext.fill(0);
    }
  }

  /**
   * Takes the key for one place out of the vault, so that a value which comes later can be sealed whatever is away then:
   * the store, the key provider. Dispose of it soon: it does not end with the cache.
   *
   * @param dataKeyId - The tenant's current data key, where the caller knows it: taking it costs no call while it is cached.
   *   Default: the store is asked.
   * @throws {ConnectorError} as {@link Vault.seal} and {@link Vault.open}.
   */
  async sealer(context: SealContext, dataKeyId?: string): Promise<Sealer> {
    assertPlace(context);
    const { tenantId } = context;
    if (dataKeyId !== undefined) return this.#takeKey(context, dataKeyId, undefined);
    const record = await this.#currentKey(tenantId);
    return this.#takeKey(context, record.id, record);
  }

  /**
   * Opens what {@link Vault.seal} made for this very place. The caller validates the result: it may have been written by
   * an older release.
   *
   * @param sealed - As it was stored.
   * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when it was altered, moved, or its key is another or gone;
   * `KEY_UNAVAILABLE` (retryable) while the key provider is away.
   */
  async open(sealed: unknown, context: SealContext): Promise<unknown> {
    const value = parseSealedValue(sealed, context);
    const additionalData = additionalDataOf(value, context);
    return this.#withKey(context.tenantId, value.kid, undefined, (key) => {
      const plaintext = decryptValue(key, value, additionalData, context);
      try {
        return JSON.parse(plaintext.toString("utf8"));
      } finally {
        plaintext.fill(0);
      }
    });
  }

  /**
   * A keyed digest of a value, to show that it changed or to recognise it again without showing it: a plain hash of a secret
   * can be guessed, this one only by who has the tenant's data key. HMAC-SHA-256 of the canonical JSON of value and place,
   * under a key that HKDF derives from the tenant's current data key for this purpose alone. Equal values of two places
   * have different digests, and so have equal values before and after the data key was replaced.
   *
   * @param value - Anything that `JSON.stringify` can write.
   * @returns `hmac-sha256/{id of the data key}/{43 characters}`: letters, digits, `_`, `.`, `:`, `-` and the two slashes.
   * @throws {ConnectorError} as {@link Vault.seal}. May ask the store and the key provider: call it outside transactions.
   */
  async digest(value: unknown, context: SealContext): Promise<string> {
    // Before a data key is made for it.
    assertPlace(context);
    const text = canonicalJson(value);
    const record = await this.#currentKey(context.tenantId);
    return this.#digestUnder(record.id, record, text, context);
  }

  /**
   * Whether `digest` is the digest of this very value in this very place. Works for as long as the data key that the digest
   * names is there.
   *
   * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when the text is no digest or its data key is gone;
   * `KEY_UNAVAILABLE` (retryable) while the key provider is away.
   */
  async matchesDigest(digest: string, value: unknown, context: SealContext): Promise<boolean> {
    const keyId = keyIdOfDigest(digest);
    assertPlace(context);
    return isSameDigest(digest, await this.#digestUnder(keyId, undefined, canonicalJson(value), context));
  }

  /**
   * Takes a tenant's key for digests out of the vault, so that values can be digested where nobody may be asked: inside a
   * transaction. Dispose of it soon.
   *
   * @throws {ConnectorError} as {@link Vault.seal}.
   */
  async digester(tenantId: string): Promise<Digester> {
    const record = await this.#currentKey(tenantId);
    const key = await this.#withKey(tenantId, record.id, record, deriveDigestKey);
    return new Digester(key, record.id, tenantId);
  }

  /**
   * A tenant's Ed25519 signing key for one purpose. It is derived from the tenant's data key, so there is no private key to
   * store: it is there as long as the data key is, and another one after the data key was replaced.
   *
   * @param dataKeyId - Default: the tenant's current data key, which is made where there is none.
   * @throws {ConnectorError} as {@link Vault.seal} and {@link Vault.open}. Call it outside transactions.
   */
  async signer(tenantId: string, purpose: SigningPurpose, dataKeyId?: string): Promise<Signer> {
    const take = (keyId: string, record?: DataKeyRecord) =>
      this.#withKey(tenantId, keyId, record, (key) => deriveSigner(key, keyId, purpose));
    if (dataKeyId !== undefined) return take(dataKeyId);
    const record = await this.#currentKey(tenantId);
    return take(record.id, record);
  }

  /** Drops unwrapped keys from memory and overwrites them: those of one tenant, or all. They are unwrapped anew when needed. */
  dropKeys(tenantId?: string): void {
    this.#cache.drop(tenantId);
  }

  async #digestUnder(
    keyId: string,
    record: DataKeyRecord | undefined,
    value: string,
    context: SealContext,
  ): Promise<string> {
    const input = digestInput(value, keyId, context);
    const key = await this.#withKey(context.tenantId, keyId, record, deriveDigestKey);
    try {
      return digestText(key, keyId, input);
    } finally {
      key.fill(0);
    }
  }

  async #takeKey(context: SealContext, keyId: string, record: DataKeyRecord | undefined): Promise<Sealer> {
    const key = await this.#withKey(context.tenantId, keyId, record, (bytes) => Buffer.from(bytes));
    return new Sealer(key, keyId, context, this.#random);
  }

  async #currentKey(tenantId: string): Promise<DataKeyRecord> {
    return (await this.#dataKeys.current(tenantId)) ?? (await this.#createDataKey(tenantId));
  }

  #withKey<Result>(
    tenantId: string,
    dataKeyId: string,
    record: DataKeyRecord | undefined,
    work: (key: Buffer) => Result,
  ): Promise<Result> {
    const load = async (): Promise<Buffer> => {
      const found = record ?? (await this.#dataKeys.find(tenantId, dataKeyId));
      if (found === undefined) throw keyIsGone(tenantId, dataKeyId);
      const context = { tenantId, dataKeyId };
      const key = await reach("unwrap", context, () => this.#keyProvider.unwrap(found.wrapped, context));
      if (key.length === keyLength) return key;
      throw new ConnectorError(
        "KEY_INVALID",
        `Data key ${dataKeyId} unwraps to ${key.length} bytes instead of ${keyLength}.`,
      );
    };
    return this.#cache.use(tenantId, dataKeyId, load, work);
  }

  /** Callers of one process that meet at a tenant's first value make one key; among processes the store decides. */
  #createDataKey(tenantId: string): Promise<DataKeyRecord> {
    const underWay = this.#creations.get(tenantId);
    if (underWay !== undefined) return underWay;
    const creation = this.#makeDataKey(tenantId).finally(() => this.#creations.delete(tenantId));
    this.#creations.set(tenantId, creation);
    return creation;
  }

  async #makeDataKey(tenantId: string): Promise<DataKeyRecord> {
    const context = { tenantId, dataKeyId: this.#createDataKeyId() };
    if (!dataKeyIdPattern.test(context.dataKeyId)) {
      throw new ConnectorError("KEY_INVALID", "The id of a new data key does not fit; nothing was sealed.");
    }
    const key = this.#random.bytes(keyLength);
    try {
      const wrapped = await reach("wrap", context, () => this.#keyProvider.wrap(key, context));
      const winner = await this.#dataKeys.insert({ id: context.dataKeyId, tenantId, wrapped });
      // Saves the provider a call. The cache owns its copy, which it overwrites on its own terms.
      if (winner.id === context.dataKeyId) {
        await this.#cache.use(
          tenantId,
          winner.id,
          async () => Buffer.from(key),
          () => undefined,
        );
      }
      return winner;
    } finally {
      key.fill(0);
    }
  }
}

async function reach<Result>(
  verb: "wrap" | "unwrap",
  { tenantId, dataKeyId }: DataKeyContext,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (isConnectorError(cause)) throw cause;
    throw new ConnectorError(
      "KEY_UNAVAILABLE",
      `The key provider could not ${verb} data key ${dataKeyId} of tenant ${tenantId}. Nothing was sealed or opened; try again once it answers.`,
      { cause },
    );
  }
}

function decryptValue(key: Buffer, value: SealedValue, additionalData: Buffer, context: SealContext): Buffer {
  const ciphertext = {
    salt: fromBase64Url(value.salt),
    iv: fromBase64Url(value.iv),
    data: fromBase64Url(value.data),
    tag: fromBase64Url(value.tag),
    commitment: fromBase64Url(value.commitment),
  };
  try {
    return decrypt(key, ciphertext, additionalData, "value");
  } catch (cause) {
    throw new ConnectorError(
      "SEALED_VALUE_UNREADABLE",
      `The sealed value in ${context.table}.${context.field} of record ${context.recordId} does not open with data key ${value.kid}. Either it was altered, or it was moved here from another tenant, table, record or field. Restore that row, or enter the value again.`,
      { cause },
    );
  }
}

function keyIsGone(tenantId: string, dataKeyId: string): ConnectorError {
  return new ConnectorError(
    "SEALED_VALUE_UNREADABLE",
    `Tenant ${tenantId} has no data key ${dataKeyId}. Either the value was moved here from another tenant, or the key's row was lost or destroyed. Restore that row, or enter the value again.`,
  );
}

function fromBase64Url(text: string): Buffer {
  return Buffer.from(text, "base64url");
}
