import type { KeyProvider } from "@isthmus/core";
import type { Database } from "../database/index.js";
import { isUnreadable } from "../errors/index.js";
import { readWrappedKey } from "./database-data-key-store.js";
import { unwrapProven } from "./proven-keys.js";

/** Of each key. One row may have been altered; that all of them were is less likely than that the key is another. */
const sampleSize = 5;

/** Ids under which the local keyring holds another key than the one that wrapped data keys: none of a few opens. */
export async function findChangedKeys(database: Database, keyProvider: KeyProvider): Promise<readonly string[]> {
  const opens = new Map<string, boolean>();
  for (const { tenantId, id, wrapped } of await database.asSystem(({ keys }) => keys.sampleDataKeys(sampleSize))) {
    const { provider, keyEncryptionKeyId } = wrapped;
    if (provider !== "local" || typeof keyEncryptionKeyId !== "string") continue;
    if (!keyProvider.keyIds.includes(keyEncryptionKeyId) || opens.get(keyEncryptionKeyId)) continue;
    opens.set(keyEncryptionKeyId, await doesOpen(keyProvider, id, tenantId, wrapped));
  }
  return [...opens].filter(([, isOpen]) => !isOpen).map(([id]) => id);
}

async function doesOpen(keyProvider: KeyProvider, id: string, tenantId: string, wrapped: object): Promise<boolean> {
  try {
    const key = await unwrapProven(keyProvider, readWrappedKey(id, wrapped), { tenantId, dataKeyId: id });
    key.fill(0);
    return true;
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}
