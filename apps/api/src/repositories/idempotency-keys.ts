import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject } from "./client.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

/** A request that came with an Idempotency-Key. */
export interface IdempotencyKeyRow {
  readonly id: string;
  /** Keyed digest of the request. */
  readonly fingerprint: string;
  /** The data key of the fingerprint, which seals the answer. */
  readonly dataKeyId: string;
  /** Of the request that came first. */
  readonly requestId: string;
  /** When it was first sent (database clock). */
  readonly createdAt: Date;
  /** From then on doing it again could do it twice. */
  readonly begunAt: Date | null;
  /** Sealed. */
  readonly answer: JsonObject | null;
  /** Whether somebody is at it (database clock). */
  readonly isHeld: boolean;
}

/** Who is at a request, and for how long nobody else is. */
export interface IdempotencyClaim {
  readonly attemptId: string;
  readonly leaseMs: number;
}

/** A request that is noted before anything of it is done. */
export type NewIdempotencyKey = Pick<IdempotencyKeyRow, "id" | "fingerprint" | "requestId"> & {
  /** Who sent it. */
  readonly userId: string;
  /** SHA-256 of the caller's key, lower-case hexadecimal. */
  readonly keyHash: string;
  /** How long it is kept. */
  readonly keptForMs: number;
};

/** Requests that are noted. Leases and times go by the database clock. */
export interface HeldKeyRepository {
  /** Takes a request that nobody is at, and that has had no effect. @returns Whether it could be had. */
  take(id: string, claim: IdempotencyClaim): Promise<boolean>;
  /** @returns Whether the attempt still has it. */
  renew(id: string, claim: IdempotencyClaim): Promise<boolean>;
  /** Notes that doing it again could do it twice. @returns Whether the attempt still has it. */
  begin(id: string, attemptId: string): Promise<boolean>;
  /** Stores the answer, also of an attempt whose lease is over, where nobody else has taken it. @returns Whether it did. */
  answer(id: string, attemptId: string, sealed: object): Promise<boolean>;
  /**
   * Lets go of a request without an answer.
   *
   * @param isUndone - Whether it has had no effect, whatever was noted: it may be done again.
   */
  letGo(id: string, attemptId: string, isUndone: boolean): Promise<void>;
  /** Forgets a request: the key may be used for anything. */
  forget(id: string, attemptId: string): Promise<void>;
}

/** The requests of one tenant's people that are done once. */
export interface IdempotencyKeyRepository extends HeldKeyRepository {
  /**
   * Notes a request of a person, and takes it. A row of the same person and key that is free again gives way.
   *
   * @returns `undefined` when there is one already.
   */
  note(key: NewIdempotencyKey, claim: IdempotencyClaim): Promise<IdempotencyKeyRow | undefined>;
  find(userId: string, keyHash: string): Promise<IdempotencyKeyRow | undefined>;
}

const columns = Prisma.sql`
  k.id::text as "id", k.fingerprint as "fingerprint", k.data_key_id::text as "dataKeyId", k.request_id as "requestId", k.created_at as "createdAt", k.begun_at as "begunAt", k.answer as "answer",
  coalesce(k.lease_until > clock_timestamp(), false) as "isHeld"`;

/** The requests of the people of the tenant of `scope`. */
export function createIdempotencyKeyRepository({ client, tenantId }: TenantScope): IdempotencyKeyRepository {
  const query = (statement: ScopedSql) => client.$queryRaw<IdempotencyKeyRow[]>(statement);
  const ofId = (id: string) => scopedSql`k.tenant_id = ${tenantId}::uuid and k.id = ${id}::uuid`;
  const ofAttempt = (id: string, attemptId: string) => scopedSql`${ofId(id)} and k.attempt_id = ${attemptId}::uuid`;
  const isFree = Prisma.sql`(k.lease_until is null or k.lease_until <= clock_timestamp())`;
  const change = async (changes: Prisma.Sql, where: ScopedSql) =>
    (await client.$executeRaw(scopedSql`update idempotency_keys k set ${changes} where ${where}`)) === 1;

  return {
    async note({ id, userId, keyHash, fingerprint, requestId, keptForMs }, { attemptId, leaseMs }) {
      const isSame = scopedSql`k.tenant_id = ${tenantId}::uuid and k.user_id = ${userId}::uuid and k.key_hash = ${keyHash}`;
      await client.$executeRaw(scopedSql`
        delete from idempotency_keys k where ${isSame} and k.expires_at <= clock_timestamp() and ${isFree}`);
      // Where a rival's insert is under way this waits for its end.
      const [row] = await query(scopedSql`
        insert into idempotency_keys as k
          (id, tenant_id, user_id, key_hash, fingerprint, request_id, attempt_id, lease_until, created_at, expires_at)
        values (${id}::uuid, ${tenantId}::uuid, ${userId}::uuid, ${keyHash}, ${fingerprint}, ${requestId},
          ${attemptId}::uuid, ${after(leaseMs)}, clock_timestamp(), ${after(keptForMs)})
        on conflict (tenant_id, user_id, key_hash) do nothing
        returning ${columns}`);
      return row;
    },

    async find(userId, keyHash) {
      const [row] = await query(scopedSql`
        select ${columns} from idempotency_keys k
        where k.tenant_id = ${tenantId}::uuid and k.user_id = ${userId}::uuid and k.key_hash = ${keyHash}`);
      return row;
    },

    take: (id, { attemptId, leaseMs }) =>
      change(
        Prisma.sql`attempt_id = ${attemptId}::uuid, lease_until = ${after(leaseMs)}`,
        scopedSql`${ofId(id)} and ${isFree} and k.begun_at is null and k.answer is null`,
      ),

    renew: (id, { attemptId, leaseMs }) =>
      change(Prisma.sql`lease_until = ${after(leaseMs)}`, scopedSql`${ofAttempt(id, attemptId)} and k.answer is null`),

    begin: (id, attemptId) =>
      change(Prisma.sql`begun_at = coalesce(k.begun_at, clock_timestamp())`, ofAttempt(id, attemptId)),

    answer: (id, attemptId, sealed) =>
      change(
        Prisma.sql`answer = ${JSON.stringify(sealed)}::jsonb, lease_until = null`,
        scopedSql`${ofAttempt(id, attemptId)} and k.answer is null`,
      ),

    async letGo(id, attemptId, isUndone) {
      const begunAt = isUndone ? Prisma.sql`null` : Prisma.sql`k.begun_at`;
      // Of what has begun the attempt stays: should its answer come after all, it is stored.
      await change(
        Prisma.sql`lease_until = null, begun_at = ${begunAt}`,
        scopedSql`${ofAttempt(id, attemptId)} and k.answer is null`,
      );
    },

    async forget(id, attemptId) {
      await client.$executeRaw(
        scopedSql`delete from idempotency_keys k where ${ofAttempt(id, attemptId)} and k.answer is null`,
      );
    },
  };
}

function after(ms: number): Prisma.Sql {
  return Prisma.sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
