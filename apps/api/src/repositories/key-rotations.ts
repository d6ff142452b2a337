import type { KeyRotationPhase, KeyRotationStatus } from "../generated/prisma/client.js";
import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject } from "./client.js";

export type { KeyRotationPhase, KeyRotationStatus };

/** A code, and what it was about in words. Holds no secret. */
export interface RotationTrouble {
  readonly code: string;
  readonly detail: string;
}

/** A rotation of keys as it is stored. Fields are described in `prisma/schema.prisma`. */
export interface KeyRotationRow {
  readonly id: string;
  readonly dataKeys: boolean;
  readonly keyEncryptionKeyId: string;
  readonly status: KeyRotationStatus;
  readonly phase: KeyRotationPhase;
  readonly cursor: string | null;
  readonly round: number;
  readonly keysDone: number;
  readonly keysFailed: number;
  readonly keysTotal: number;
  readonly valuesDone: number;
  readonly valuesFailed: number;
  readonly valuesTotal: number;
  readonly failure: RotationTrouble | null;
  readonly waiting: RotationTrouble | null;
  /** Pauses in a row. */
  readonly pauses: number;
  readonly retryAt: Date | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** A row that a batch of a rotation changes, if what was read still stands in it. */
export interface RotatedItem {
  readonly tenantId: string;
  /** Of the data key, or of the record that holds the sealed value. */
  readonly id: string;
  /** What was read; of a new data key nothing was. */
  readonly before?: object;
  readonly after: object;
}

/** What became of a batch, and where the rotation stands after it. */
export interface RotationBatch {
  readonly items: readonly RotatedItem[];
  /** Rows that are as they should be: those of `items`, and those that were so already. */
  readonly done: number;
  readonly failed: number;
  /** Those of them that are data keys which the rotation's key wraps already. */
  readonly failedInPlace: number;
  /** The last of those that failed. */
  readonly failure: RotationTrouble | undefined;
  readonly phase: KeyRotationPhase;
  /** The last row of `phase` that is done; `undefined` = none. */
  readonly cursor: string | undefined;
}

/** A sealed value as it was read. */
export interface StaleValue {
  readonly tenantId: string;
  /** Of the record that holds it. */
  readonly id: string;
  readonly sealed: JsonObject;
}

/** A wrapped data key as it was read. */
export interface WrappedDataKey {
  readonly tenantId: string;
  readonly id: string;
  readonly wrapped: JsonObject;
}

/** How many data keys a key-encryption key wraps. */
export interface KeyUsage {
  readonly keyEncryptionKeyId: string;
  /** The kind of provider that wrapped them, such as `local`. */
  readonly provider: string;
  readonly active: number;
  readonly retired: number;
}

/** The fields of a `KeyRotationRow`, out of a function that answers rows of `key_rotations`. */
export const rotationColumns = Prisma.sql`
  id::text as "id", data_keys as "dataKeys", key_encryption_key_id as "keyEncryptionKeyId", status::text as "status", phase::text as "phase", cursor::text as "cursor", round,
  keys_done as "keysDone", keys_failed as "keysFailed", keys_total as "keysTotal",
  values_done as "valuesDone", values_failed as "valuesFailed", values_total as "valuesTotal",
  failure, waiting, pauses, retry_at as "retryAt",
  started_at as "startedAt", updated_at as "updatedAt", finished_at as "finishedAt"`;
