import { isConnectorError, type KeyProvider, type Random, type Vault } from "@isthmus/core";
import { type Database, newId } from "../database/index.js";
import type {
  KeyRotationPhase,
  KeyRotationRow,
  RotatedItem,
  StaleValue,
  WrappedDataKey,
} from "../repositories/index.js";
import { readWrappedKey } from "./database-data-key-store.js";
import { dataKeyLength, unwrapProven, wrapProven } from "./proven-keys.js";
import { placeOfSealedValue, type SealedKind } from "./sealed-places.js";

/** What rows are changed with. */
export interface TaskParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly keyProvider: KeyProvider;
  readonly random: Random;
  /** Rows of a batch. */
  readonly batchSize: number;
}

/** One row of a batch. */
export interface RotationTask {
  /** Behind it the next batch begins. */
  readonly cursor: string;
  /** Whether it is a data key that the rotation's key wraps already. */
  readonly isInPlace?: boolean;
  /** What to write; `undefined` where the row is as it should be. Throws a `ConnectorError`. */
  readonly change: () => Promise<RotatedItem | undefined>;
}

/** Rows of a batch of one phase: deliveries may have a megabyte each, and a batch is in memory as a whole. */
export function rowsOfBatch({ batchSize }: Pick<TaskParts, "batchSize">, phase: KeyRotationPhase): number {
  return phase === "deliveries" ? Math.ceil(batchSize / 10) : batchSize;
}

/** What a rotation has to do next, up to a batch of it. A round after the first meets only what is left. */
export async function listRotationTasks(parts: TaskParts, rotation: KeyRotationRow): Promise<readonly RotationTask[]> {
  const { database, batchSize } = parts;
  const { id, phase, cursor, round, keyEncryptionKeyId } = rotation;
  if (phase === "ending") return [];
  if (phase === "wrapping") {
    const butOf = round === 0 ? null : keyEncryptionKeyId;
    const keys = await database.asSystem((system) => system.keys.listDataKeys(butOf, cursor, batchSize));
    return keys.map((key) => ({
      cursor: key.id,
      isInPlace: key.wrapped.keyEncryptionKeyId === keyEncryptionKeyId,
      change: () => wrapAnew(parts, key),
    }));
  }
  if (phase === "replacing") {
    const tenants = await database.asSystem((system) => system.keys.listTenantsWithOlderKeys(id, cursor, batchSize));
    return tenants.map((tenantId) => ({ cursor: tenantId, change: () => makeDataKey(parts, tenantId) }));
  }
  return listValueTasks(parts, phase, cursor);
}

/** Values of one kind that a retired data key seals, each to be sealed again under its tenant's active one. */
export async function listValueTasks(
  parts: TaskParts,
  kind: SealedKind,
  cursor: string | null,
): Promise<readonly RotationTask[]> {
  const limit = rowsOfBatch(parts, kind);
  const values = await parts.database.asSystem(({ keys }) => keys.listStaleValues(kind, cursor, limit));
  return values.map((value) => ({ cursor: value.id, change: () => sealAgain(parts, kind, value) }));
}

async function sealAgain(
  parts: TaskParts,
  kind: SealedKind,
  { tenantId, id, sealed }: StaleValue,
): Promise<RotatedItem> {
  const { vault } = parts;
  const place = placeOfSealedValue(kind, tenantId, id);
  try {
    return { tenantId, id, before: sealed, after: await vault.seal(await vault.open(sealed, place), place) };
  } catch (error) {
    // The vault says so of a provider that refuses, and of a data key of a wrong length, which is this row's own failure.
    if (isConnectorError(error) && error.code === "KEY_INVALID")
      await proveDataKey(parts, tenantId, String(sealed.kid));
    throw error;
  }
}

async function proveDataKey({ database, keyProvider }: TaskParts, tenantId: string, dataKeyId: string): Promise<void> {
  const row = await database.asTenant(tenantId, ({ dataKeys }) => dataKeys.findById(dataKeyId));
  if (row === undefined) return;
  const key = await unwrapProven(keyProvider, readWrappedKey(dataKeyId, row.wrapped), { tenantId, dataKeyId });
  key.fill(0);
}

async function wrapAnew(
  { keyProvider }: TaskParts,
  { tenantId, id, wrapped }: WrappedDataKey,
): Promise<RotatedItem | undefined> {
  const before = readWrappedKey(id, wrapped);
  const context = { tenantId, dataKeyId: id };
  // Also where nothing is to change: its id alone does not say that it opens.
  const key = await unwrapProven(keyProvider, before, context);
  try {
    if (keyProvider.isCurrent(before)) return undefined;
    return { tenantId, id, before, after: await wrapProven(keyProvider, key, context) };
  } finally {
    key.fill(0);
  }
}

async function makeDataKey({ keyProvider, random }: TaskParts, tenantId: string): Promise<RotatedItem> {
  const id = newId();
  const key = Buffer.from(random.bytes(dataKeyLength));
  try {
    return { tenantId, id, after: await wrapProven(keyProvider, key, { tenantId, dataKeyId: id }) };
  } finally {
    key.fill(0);
  }
}
