import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import { type Page, type PageRequest, type SystemQuery, toPage } from "./client.js";
import type { NewDataKey } from "./data-keys.js";
import {
  type KeyRotationPhase,
  type KeyRotationRow,
  type KeyUsage,
  type RotatedItem,
  type RotationBatch,
  type RotationTrouble,
  rotationColumns,
  type StaleValue,
  type WrappedDataKey,
} from "./key-rotations.js";
import type { PlatformRequest } from "./system-events.js";

/** What a new rotation is to do. */
export type NewKeyRotation = Pick<KeyRotationRow, "dataKeys" | "keyEncryptionKeyId">;

/** The keys of all tenants, and rotations of them. Every change of a rotation is in the platform's audit. */
export interface SystemKeyRepository {
  /** The key that signs the platform's audit, or another one of the platform's by its id. */
  findPlatformKey(id?: string): Promise<Omit<WrappedDataKey, "tenantId"> | undefined>;
  /**
   * Stores that key if there is none that is newer than the last rotation.
   *
   * @returns the one that there is now; `undefined` while a rotation runs to another key-encryption key.
   */
  addPlatformKey(key: NewDataKey & { readonly id: string }): Promise<Omit<WrappedDataKey, "tenantId"> | undefined>;
  /** Every key-encryption key that wraps a data key. */
  countDataKeys(): Promise<readonly KeyUsage[]>;
  /** So many data keys of each key-encryption key. */
  sampleDataKeys(ofEach: number): Promise<readonly WrappedDataKey[]>;
  /** Values that a retired data key seals. */
  countStaleValues(): Promise<number>;
  /** @returns `undefined` while one runs. */
  begin(rotation: NewKeyRotation, request: PlatformRequest): Promise<KeyRotationRow | undefined>;
  /** Takes effect at the next batch. @returns `undefined` when none with this id runs. */
  stop(id: string, request: PlatformRequest): Promise<KeyRotationRow | undefined>;
  /**
   * @returns `undefined` when none with this id is stopped, or another one was begun since.
   * @throws {UniqueViolationError} While another one runs.
   */
  resume(id: string, request: PlatformRequest): Promise<KeyRotationRow | undefined>;
  find(id: string): Promise<KeyRotationRow | undefined>;
  /** Newest first. */
  list(page: PageRequest): Promise<Page<KeyRotationRow>>;
  /**
   * Takes the rotation that runs, for `leaseMs` from each batch, unless it pauses, another worker is at it, or it is to
   * another key-encryption key than `currentKeyId`.
   */
  claim(holder: string, leaseMs: number, currentKeyId: string): Promise<KeyRotationRow | undefined>;
  /** Data keys in the order of their ids; but for those that `butOfKey` wraps, when it is given. */
  listDataKeys(butOfKey: string | null, after: string | null, limit: number): Promise<readonly WrappedDataKey[]>;
  /** Tenants whose active data key the rotation has not made, in the order of their ids. */
  listTenantsWithOlderKeys(rotationId: string, after: string | null, limit: number): Promise<readonly string[]>;
  /** Values that a retired data key seals, in the order of their records' ids. */
  listStaleValues(phase: KeyRotationPhase, after: string | null, limit: number): Promise<readonly StaleValue[]>;
  /**
   * Writes a batch and how far the rotation got, in one. Rows that have changed since they were read stay as they are.
   *
   * @returns the rotation as it is now, stopped meanwhile perhaps; `undefined`, and nothing is written, when another worker
   *   has taken it over, or it was stopped and another one was begun.
   */
  land(id: string, holder: string, leaseMs: number, batch: RotationBatch): Promise<KeyRotationRow | undefined>;
  /** Writes values that were sealed again, without a rotation. Otherwise as `land`. @returns How many rows changed. */
  landValues(phase: KeyRotationPhase, items: readonly RotatedItem[]): Promise<number>;
  /** Lets go of a rotation; with a reason, nobody takes it before the pause is over. */
  leave(id: string, holder: string, pause?: { readonly reason: RotationTrouble; readonly ms: number }): Promise<void>;
  /** Completes a rotation whose phases are done. @returns `undefined` when it was stopped or taken over. */
  complete(id: string, holder: string): Promise<KeyRotationRow | undefined>;
  /** Destroys data keys that were retired so long ago and seal nothing, `limit` at most. @returns How many. */
  destroyRetired(retiredForMs: number, limit: number): Promise<number>;
}

/** The functions for keys. */
export function createSystemKeyRepository(query: SystemQuery): SystemKeyRepository {
  const readRotation = async (source: Prisma.Sql): Promise<KeyRotationRow | undefined> => {
    const [row] = await query<KeyRotationRow>(Prisma.sql`select ${rotationColumns} from ${source}`);
    return row;
  };
  const event = ({ id, ip }: PlatformRequest) => Prisma.sql`${newId()}::uuid, ${ip}, ${id}`;
  const readPlatformKey = async (source: Prisma.Sql) => {
    const [row] = await query<Omit<WrappedDataKey, "tenantId">>(
      Prisma.sql`select id::text as "id", wrapped from ${source}`,
    );
    return row;
  };
  return {
    findPlatformKey: (id) =>
      readPlatformKey(
        id === undefined
          ? Prisma.sql`isthmus_current_platform_key()`
          : Prisma.sql`isthmus_find_platform_key(${id}::uuid)`,
      ),
    addPlatformKey: ({ id, wrapped, keyEncryptionKeyId }) =>
      readPlatformKey(Prisma.sql`
        isthmus_add_platform_key(${id}::uuid, ${JSON.stringify(wrapped)}::jsonb, ${keyEncryptionKeyId}::text)`),
    countDataKeys: () =>
      query<KeyUsage>(Prisma.sql`
        select key_encryption_key_id as "keyEncryptionKeyId", provider, active, retired from isthmus_count_data_keys()`),
    sampleDataKeys: (ofEach) =>
      query<WrappedDataKey>(Prisma.sql`
        select tenant_id::text as "tenantId", id::text as "id", wrapped from isthmus_sample_data_keys(${ofEach}::integer)`),
    async countStaleValues() {
      const [row] = await query<{ count: number }>(Prisma.sql`select isthmus_count_stale_values() as count`);
      return row?.count ?? 0;
    },
    begin: ({ dataKeys, keyEncryptionKeyId }, request) =>
      readRotation(Prisma.sql`
        isthmus_begin_key_rotation(${newId()}::uuid, ${dataKeys}::boolean, ${keyEncryptionKeyId}, ${event(request)})`),
    stop: (id, request) => readRotation(Prisma.sql`isthmus_switch_key_rotation(${id}::uuid, false, ${event(request)})`),
    resume: (id, request) =>
      readRotation(Prisma.sql`isthmus_switch_key_rotation(${id}::uuid, true, ${event(request)})`),
    find: (id) => readRotation(Prisma.sql`isthmus_find_key_rotation(${id}::uuid)`),
    async list({ limit, after }) {
      const rows = await query<KeyRotationRow>(Prisma.sql`
        select ${rotationColumns} from isthmus_list_key_rotations(${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows, limit);
    },
    claim: (holder, leaseMs, currentKeyId) =>
      readRotation(Prisma.sql`isthmus_claim_key_rotation(${holder}::uuid, ${leaseMs}::float8, ${currentKeyId})`),
    listDataKeys: (butOfKey, after, limit) =>
      query<WrappedDataKey>(Prisma.sql`
        select tenant_id::text as "tenantId", id::text as "id", wrapped
        from isthmus_list_data_keys(${butOfKey}::text, ${after}::uuid, ${limit}::integer)`),
    async listTenantsWithOlderKeys(rotationId, after, limit) {
      const rows = await query<{ tenantId: string }>(Prisma.sql`
        select tenant_id::text as "tenantId"
        from isthmus_list_tenants_with_older_keys(${rotationId}::uuid, ${after}::uuid, ${limit}::integer)`);
      return rows.map(({ tenantId }) => tenantId);
    },
    listStaleValues: (phase, after, limit) =>
      query<StaleValue>(Prisma.sql`
        select tenant_id::text as "tenantId", id::text as "id", sealed
        from isthmus_list_stale_values(${phase}::key_rotation_phase, ${after}::uuid, ${limit}::integer)`),
    land(id, holder, leaseMs, { items, done, failed, failedInPlace, failure, phase, cursor }) {
      return readRotation(Prisma.sql`isthmus_land_key_rotation_batch(${id}::uuid, ${holder}::uuid, ${leaseMs}::float8,
        ${toRows(items)}::jsonb, ${done}::integer, ${failed}::integer, ${failedInPlace}::integer,
        ${toText(failure)}::jsonb, ${phase}::key_rotation_phase, ${cursor ?? null}::uuid)`);
    },
    async landValues(phase, items) {
      const [row] = await query<{ changes: number }>(Prisma.sql`
        select isthmus_land_sealed_values(${phase}::key_rotation_phase, ${toRows(items)}::jsonb) as changes`);
      return row?.changes ?? 0;
    },
    async leave(id, holder, pause) {
      await query(Prisma.sql`select 1 from isthmus_leave_key_rotation(
        ${id}::uuid, ${holder}::uuid, ${toText(pause?.reason)}::jsonb, ${pause?.ms ?? 0}::float8)`);
    },
    complete: (id, holder) =>
      readRotation(Prisma.sql`isthmus_complete_key_rotation(${id}::uuid, ${holder}::uuid, ${newId()}::uuid)`),
    async destroyRetired(retiredForMs, limit) {
      const [row] = await query<{ destroyed: number }>(Prisma.sql`
        select isthmus_destroy_retired_data_keys(
          ${retiredForMs}::float8, ${limit}::integer, ${newId()}::uuid) as destroyed`);
      return row?.destroyed ?? 0;
    },
  };
}

function toRows(items: readonly RotatedItem[]): string {
  return JSON.stringify(items.map(({ tenantId, ...rest }) => ({ ...rest, tenant_id: tenantId })));
}

function toText(trouble: RotationTrouble | undefined): string | null {
  return trouble === undefined ? null : JSON.stringify(trouble);
}
