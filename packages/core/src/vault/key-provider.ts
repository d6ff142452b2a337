import { z } from "zod";

/** Which data key is being wrapped. Bound to the wrapping: a wrapped key moved to another tenant or id does not unwrap. */
export interface DataKeyContext {
  readonly tenantId: string;
  readonly dataKeyId: string;
}

/** A wrapped data key as it is stored. */
export const wrappedKeySchema = z.strictObject({
  /** Which kind of provider made it, such as `local`. */
  provider: z.string().min(1),
  /** The key-encryption key that wraps it. */
  keyEncryptionKeyId: z.string().min(1),
  /** The wrapped key in the provider's own form. */
  ciphertext: z.string().min(1),
});

/** A wrapped data key as it is stored: see {@link wrappedKeySchema}. */
export type WrappedKey = z.infer<typeof wrappedKeySchema>;

/**
 * Wraps data keys with a key-encryption key that it alone holds: a keyring in the configuration, a KMS, a vault.
 *
 * A provider that is away throws anything (the vault answers `KEY_UNAVAILABLE`, retryable), within a timeout of its own.
 */
export interface KeyProvider {
  /** Its kind, as it stands in what it wraps, such as `local`. */
  readonly provider: string;
  /** The key-encryption key that wraps new data keys. */
  readonly currentKeyId: string;
  /** Ids of all key-encryption keys that it can unwrap with, the current one first. */
  readonly keyIds: readonly string[];
  /** Wraps `dataKey`, 32 bytes, with the current key-encryption key. Does not keep the bytes. */
  wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey>;
  /**
   * @returns the data key in fresh bytes, which the caller overwrites when it is done with them.
   * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when it was altered, belongs to another context, or its
   * key-encryption key is not among those the provider holds.
   */
  unwrap(wrapped: WrappedKey, context: DataKeyContext): Promise<Buffer>;
  /**
   * Whether `wrapped` is certainly under the newest key-encryption key, so that a rotation may leave it alone. `false` also
   * where that cannot be known: a server that keeps versions of a key behind one id.
   */
  isCurrent(wrapped: WrappedKey): boolean;
}
