import { Prisma } from "../generated/prisma/client.js";
import { scopedSql, type TenantScope } from "./scope.js";

/** How far a restore comes. */
export type RestoreOutcome =
  /** Nothing stands against it any more; the deletion is forgotten. */
  | "open"
  /** Its time is over, or its purge was begun. */
  | "over"
  /** There is no such deletion. */
  | "unknown";

/** A purge that somebody is at. */
export interface HeldPurge {
  readonly connectorId: string;
  /** When it was first begun. */
  readonly begunAt: Date;
  /** Tries that failed. */
  readonly failures: number;
}

/** What is known of the deleted connectors of one tenant. Times go by the database clock. */
export interface ConnectorDeletionRepository {
  /** Notes that a connector, deleted in this unit of work, can be restored for so long. @returns until when. */
  note(connectorId: string, restorableForMs: number): Promise<Date>;
  /** When each of them is purged. */
  findPurgeTimes(connectorIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;
  /**
   * Ends a deletion, unless it is too late for that. Whoever would begin the purge waits from here on.
   *
   * @param evenOverdue - Whether only a purge that was begun is too late.
   */
  takeBack(connectorId: string, evenOverdue: boolean): Promise<RestoreOutcome>;
  /**
   * Begins the purge now, whatever time was left, and takes it where nobody is at it.
   *
   * @returns whether the caller has it; `undefined` when there is no such deletion.
   */
  begin(connectorId: string, attemptId: string, leaseMs: number): Promise<boolean | undefined>;
  /** The purge, if `attemptId` still has it: then nobody takes it from here on. */
  hold(connectorId: string, attemptId: string): Promise<HeldPurge | undefined>;
  /** Lets go of a purge that failed for now. Does nothing when somebody else has it. */
  putOff(connectorId: string, attemptId: string, code: string, retryInMs: number): Promise<void>;
}

/** The deletions of connectors of the tenant of `scope`. */
export function createConnectorDeletionRepository({ client, tenantId }: TenantScope): ConnectorDeletionRepository {
  const of = (connectorId: string) =>
    scopedSql`d.tenant_id = ${tenantId}::uuid and d.connector_id = ${connectorId}::uuid`;

  return {
    async note(connectorId, restorableForMs) {
      const [row] = await client.$queryRaw<{ purgeAt: Date }[]>`
        insert into connector_deletions (connector_id, tenant_id, purge_at)
        values (${connectorId}::uuid, ${tenantId}::uuid, ${fromNow(restorableForMs)})
        returning purge_at as "purgeAt"`;
      if (row === undefined) throw new TypeError("An insert gave no row.");
      return row.purgeAt;
    },

    async findPurgeTimes(connectorIds) {
      const rows = await client.connectorDeletion.findMany({
        where: { tenantId, connectorId: { in: [...connectorIds] } },
        select: { connectorId: true, purgeAt: true },
      });
      return new Map(rows.map(({ connectorId, purgeAt }) => [connectorId, purgeAt]));
    },

    async takeBack(connectorId, evenOverdue) {
      const [row] = await client.$queryRaw<{ isOver: boolean }[]>`
        select d.begun_at is not null or (d.purge_at <= clock_timestamp() and not ${evenOverdue}::boolean) as "isOver"
        from connector_deletions d where ${of(connectorId)} for update`;
      if (row === undefined) return "unknown";
      if (row.isOver) return "over";
      await client.connectorDeletion.deleteMany({ where: { tenantId, connectorId } });
      return "open";
    },

    async begin(connectorId, attemptId, leaseMs) {
      const [row] = await client.$queryRaw<{ isClaimed: boolean }[]>`
        update connector_deletions d set
          purge_at = least(d.purge_at, clock_timestamp()), begun_at = coalesce(d.begun_at, clock_timestamp()),
          attempt_id = case when ${isFree} then ${attemptId}::uuid else d.attempt_id end,
          lease_until = case when ${isFree} then ${fromNow(leaseMs)} else d.lease_until end
        where ${of(connectorId)}
        returning d.attempt_id = ${attemptId}::uuid as "isClaimed"`;
      return row?.isClaimed;
    },

    async hold(connectorId, attemptId) {
      const [row] = await client.$queryRaw<HeldPurge[]>`
        select d.connector_id::text as "connectorId", d.begun_at as "begunAt", d.failures as "failures"
        from connector_deletions d
        where ${of(connectorId)} and d.attempt_id = ${attemptId}::uuid for update`;
      return row;
    },

    async putOff(connectorId, attemptId, code, retryInMs) {
      await client.$executeRaw`
        update connector_deletions d set attempt_id = null, lease_until = null, retry_at = ${fromNow(retryInMs)},
          failures = d.failures + 1, failure_code = ${code}
        where ${of(connectorId)} and d.attempt_id = ${attemptId}::uuid`;
    },
  };
}

const isFree = Prisma.sql`(d.attempt_id is null or d.lease_until <= clock_timestamp())`;

function fromNow(ms: number): Prisma.Sql {
  return Prisma.sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
