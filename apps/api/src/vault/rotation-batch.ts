import {
  ConnectorError,
  isConnectorError,
  type KeyProvider,
  type Logger,
  type Random,
  type Vault,
} from "@isthmus/core";
import { mapConcurrently } from "../concurrently.js";
import { type Database, newId } from "../database/index.js";
import { isUnreadable } from "../errors/index.js";
import type {
  KeyRotationPhase,
  KeyRotationRow,
  RotatedItem,
  RotationBatch,
  RotationTrouble,
} from "../repositories/index.js";
import { readWrappedKey } from "./database-data-key-store.js";
import { placeOfSealedValue } from "./sealed-places.js";

/** What batches are made with. */
export interface RotationParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly keyProvider: KeyProvider;
  readonly random: Random;
  readonly logger: Logger;
  /** Rows of a batch. */
  readonly batchSize: number;
}

/** Calls of the key provider at once. */
const atOnce = 8;
const keyLength = 32;

/** One row of a batch. */
interface Task {
  /** Behind it the next batch begins. */
  readonly cursor: string;
  /** What to write; `undefined` where the row is as it should be. */
  readonly change: () => Promise<RotatedItem | undefined>;
}

/**
 * Does the next batch of a rotation, up to writing it: no transaction is open while the key provider works.
 *
 * @throws {ConnectorError} `KEY_UNAVAILABLE`: nothing of the batch counts. A key or value that does not open is a failure of
 *   its own, and the rest goes on.
 */
export async function prepareBatch(parts: RotationParts, rotation: KeyRotationRow): Promise<RotationBatch> {
  const tasks = await listTasks(parts, rotation);
  let failure: RotationTrouble | undefined;
  let failed = 0;
  const items = await mapConcurrently(tasks, atOnce, async ({ cursor, change }) => {
    try {
      return await change();
    } catch (error) {
      if (!isConnectorError(error) || !(isUnreadable(error) || error.code === "KEY_INVALID")) throw error;
      failed += 1;
      failure = { code: error.code, detail: error.message };
      parts.logger.warn({ rotationId: rotation.id, phase: rotation.phase, id: cursor, err: error }, "Not rotated");
      return undefined;
    }
  });
  const last = tasks.length < parts.batchSize ? undefined : tasks.at(-1)?.cursor;
  return {
    items: items.filter((item) => item !== undefined),
    done: tasks.length - failed,
    failed,
    failure,
    phase: last === undefined ? phaseAfter(rotation) : rotation.phase,
    cursor: last,
  };
}

const nextPhases = {
  wrapping: "replacing",
  replacing: "credentials",
  credentials: "tokens",
  tokens: "authorizations",
  authorizations: "ending",
  ending: "ending",
} as const satisfies Record<KeyRotationPhase, KeyRotationPhase>;

function phaseAfter({ dataKeys, phase }: KeyRotationRow): KeyRotationPhase {
  return dataKeys ? nextPhases[phase] : "ending";
}

async function listTasks(parts: RotationParts, { id, phase, cursor }: KeyRotationRow): Promise<readonly Task[]> {
  const { database, batchSize } = parts;
  if (phase === "ending") return [];
  if (phase === "wrapping") {
    const keys = await database.asSystem((system) => system.keys.listDataKeys(cursor, batchSize));
    return keys.map((key) => ({ cursor: key.id, change: () => wrapAnew(parts, key) }));
  }
  if (phase === "replacing") {
    const tenants = await database.asSystem((system) => system.keys.listTenantsWithOlderKeys(id, cursor, batchSize));
    return tenants.map((tenantId) => ({ cursor: tenantId, change: () => makeDataKey(parts, tenantId) }));
  }
  const values = await database.asSystem((system) => system.keys.listStaleValues(phase, cursor, batchSize));
  return values.map((value) => ({
    cursor: value.id,
    change: async () => {
      const place = placeOfSealedValue(phase, value.tenantId, value.id);
      const after = await parts.vault.seal(await parts.vault.open(value.sealed, place), place);
      return { tenantId: value.tenantId, id: value.id, before: value.sealed, after };
    },
  }));
}

async function wrapAnew(
  { keyProvider }: RotationParts,
  { tenantId, id, wrapped }: { readonly tenantId: string; readonly id: string; readonly wrapped: object },
): Promise<RotatedItem | undefined> {
  const before = readWrappedKey(id, wrapped);
  if (keyProvider.isCurrent(before)) return undefined;
  const context = { tenantId, dataKeyId: id };
  const key = await askProvider(() => keyProvider.unwrap(before, context));
  try {
    return { tenantId, id, before, after: await askProvider(() => keyProvider.wrap(key, context)) };
  } finally {
    key.fill(0);
  }
}

async function makeDataKey({ keyProvider, random }: RotationParts, tenantId: string): Promise<RotatedItem> {
  const id = newId();
  const key = random.bytes(keyLength);
  try {
    return { tenantId, id, after: await askProvider(() => keyProvider.wrap(key, { tenantId, dataKeyId: id })) };
  } finally {
    key.fill(0);
  }
}

/** A provider that is away throws anything. */
async function askProvider<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (isConnectorError(cause)) throw cause;
    throw new ConnectorError(
      "KEY_UNAVAILABLE",
      "The key provider does not answer; the rotation goes on once it does.",
      {
        cause,
      },
    );
  }
}
