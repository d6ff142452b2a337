import { timingSafeEqual } from "node:crypto";
import {
  ConnectorError,
  type DataKeyContext,
  isConnectorError,
  type KeyProvider,
  type WrappedKey,
} from "@isthmus/core";

/** Bytes of a data key. */
export const dataKeyLength = 32;

/**
 * The data key in fresh bytes, which the caller overwrites.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` also when what the provider answers is no data key; `KEY_UNAVAILABLE`.
 */
export async function unwrapProven(
  keyProvider: KeyProvider,
  wrapped: WrappedKey,
  context: DataKeyContext,
): Promise<Buffer> {
  const key = await ask(() => keyProvider.unwrap(wrapped, context));
  if (key.length === dataKeyLength) return key;
  key.fill(0);
  throw unreadable(context, `unwraps to ${key.length} bytes instead of ${dataKeyLength}`);
}

/**
 * Wraps a data key, and unwraps the result: what is written over the only copy of a key has to open.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when it does not open to the same key; `KEY_UNAVAILABLE`.
 */
export async function wrapProven(keyProvider: KeyProvider, key: Buffer, context: DataKeyContext): Promise<WrappedKey> {
  const wrapped = await ask(() => keyProvider.wrap(key, context));
  // A rotation goes round until its key wraps everything.
  if (wrapped.keyEncryptionKeyId !== keyProvider.currentKeyId) {
    throw unreadable(context, `was wrapped by another key than ${keyProvider.currentKeyId}; nothing was written`);
  }
  const opened = await unwrapProven(keyProvider, wrapped, context);
  try {
    if (timingSafeEqual(opened, key)) return wrapped;
  } finally {
    opened.fill(0);
  }
  throw unreadable(context, "was wrapped into something that opens to another key; nothing was written");
}

/** A provider that is away throws anything. */
async function ask<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (isConnectorError(cause)) throw cause;
    const message = "The key provider does not answer; the rotation goes on once it does.";
    throw new ConnectorError("KEY_UNAVAILABLE", message, { cause });
  }
}

function unreadable({ dataKeyId, tenantId }: DataKeyContext, problem: string): ConnectorError {
  return new ConnectorError("SEALED_VALUE_UNREADABLE", `Data key ${dataKeyId} of tenant ${tenantId} ${problem}.`);
}
