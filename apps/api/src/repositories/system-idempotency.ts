import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject, SystemQuery } from "./client.js";
import type { HeldKeyRepository, IdempotencyClaim, IdempotencyKeyRow, NewIdempotencyKey } from "./idempotency-keys.js";

/** A request with the platform key that came with an Idempotency-Key. */
export type PlatformIdempotencyKeyRow = Omit<IdempotencyKeyRow, "dataKeyId"> & {
  /** The data key of this request alone, wrapped. */
  readonly dataKey: JsonObject;
};

/** Such a request, before anything of it is done. */
export type NewPlatformIdempotencyKey = Omit<NewIdempotencyKey, "userId"> & {
  /** The data key of its fingerprint and its answer, as the table keeps it: `{ id, tenantId, wrapped }`. */
  readonly dataKey: object;
};

/** The requests with the platform key that are done once, and those of all tenants that are old. */
export interface SystemIdempotencyRepository extends HeldKeyRepository {
  /**
   * Notes a request, and takes it. A row of the same key that is free again gives way.
   *
   * @returns The one that is noted under the key: this one, or the one that came first.
   */
  note(key: NewPlatformIdempotencyKey, claim: IdempotencyClaim): Promise<PlatformIdempotencyKeyRow | undefined>;
  /** Removes keys that are free again, `limit` at most of tenants and as many of the platform's. @returns How many. */
  prune(limit: number): Promise<number>;
}

/** The functions for idempotency keys. */
export function createSystemIdempotencyRepository(query: SystemQuery): SystemIdempotencyRepository {
  const did = async (call: Prisma.Sql) => {
    const [row] = await query<{ done: boolean }>(Prisma.sql`select ${call} as done`);
    return row?.done === true;
  };
  const end = (id: string, attemptId: string, ending: string, answer: object | null = null) =>
    did(Prisma.sql`isthmus_end_platform_request(${id}::uuid, ${attemptId}::uuid, ${ending},
      ${answer && JSON.stringify(answer)}::jsonb)`);
  return {
    async note({ id, keyHash, fingerprint, dataKey, requestId, keptForMs }, { attemptId, leaseMs }) {
      const [row] = await query<PlatformIdempotencyKeyRow>(Prisma.sql`
        select id::text as "id", fingerprint, data_key as "dataKey", request_id as "requestId", created_at as "createdAt", begun_at as "begunAt",
          answer, coalesce(lease_until > clock_timestamp(), false) as "isHeld"
        from isthmus_note_platform_request(${id}::uuid, ${keyHash}, ${fingerprint}, ${JSON.stringify(dataKey)}::jsonb,
          ${requestId}, ${attemptId}::uuid, ${leaseMs}::float8, ${keptForMs}::float8)`);
      return row;
    },
    take: (id, { attemptId, leaseMs }) =>
      did(Prisma.sql`isthmus_take_platform_request(${id}::uuid, ${attemptId}::uuid, ${leaseMs}::float8)`),
    renew: (id, { attemptId, leaseMs }) =>
      did(Prisma.sql`isthmus_renew_platform_request(${id}::uuid, ${attemptId}::uuid, ${leaseMs}::float8)`),
    begin: (id, attemptId) => did(Prisma.sql`isthmus_begin_platform_request(${id}::uuid, ${attemptId}::uuid)`),
    answer: (id, attemptId, sealed) => end(id, attemptId, "answer", sealed),
    async letGo(id, attemptId, isUndone) {
      await end(id, attemptId, isUndone ? "reopen" : "leave");
    },
    async forget(id, attemptId) {
      await end(id, attemptId, "forget");
    },
    async prune(limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_idempotency_keys(${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
