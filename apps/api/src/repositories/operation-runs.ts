import { ConflictError, NotFoundError } from "@isthmus/core";
import { type OperationRunStatus, Prisma } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, toPage } from "./client.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

export type { OperationRunStatus };

/** What went wrong with a run. Holds no secret. */
export interface RunTrouble {
  readonly code: string;
  readonly detail: string;
}

/** A run as it is stored. Fields are described in `prisma/schema.prisma`. */
export interface OperationRunRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorId: string;
  readonly operation: string;
  readonly status: OperationRunStatus;
  /** Sealed by the vault. */
  readonly work: JsonObject | null;
  readonly processed: number;
  readonly failed: number;
  readonly total: number | null;
  readonly error: RunTrouble | null;
  /** Looks that failed since the last one that did not. */
  readonly failures: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
}

/** A run that a request is about to begin. */
export interface NewOperationRun {
  /** Made by the caller: the sealed state is bound to it. */
  readonly id: string;
  readonly connectorId: string;
  /** The version of the connector that will begin the work. */
  readonly connectorVersion: number;
  readonly operation: string;
  readonly createdBy: string;
}

/** Who is at a run, and for how long nobody else may be. */
export interface RunClaim {
  /** Made by the caller. What is stored under another one is refused. */
  readonly attemptId: string;
  readonly leaseMs: number;
}

/** Counts of records. */
export type RunCounts = Pick<OperationRunRow, "processed" | "failed" | "total">;

/** What somebody who was at a run stores of it, letting go of it. */
export type RunLanding =
  /** The vendor is at it. */
  | {
      readonly kind: "running";
      /** The sealed state. Default: that of the last checkpoint. */
      readonly work?: object;
      readonly counts: RunCounts;
      readonly waitMs: number;
    }
  /** Nothing is known that was not known before. */
  | {
      readonly kind: "again";
      readonly waitMs: number;
      /** Whether the vendor was asked in vain, and not merely not asked. */
      readonly isFailure: boolean;
      /** Whether the work at the vendor is to be ended, from now on or still. */
      readonly isEnding?: boolean;
      /** Of a run that goes on: what failed. Of one that is ending from now on: what it will end with. */
      readonly error?: RunTrouble;
    }
  | {
      readonly kind: "ended";
      readonly status: Extract<OperationRunStatus, "succeeded" | "failed" | "cancelled">;
      /** The sealed output. */
      readonly work?: object;
      readonly counts?: RunCounts;
      readonly error?: RunTrouble;
      /** Whether it only failed to look: a wish to cancel that came meanwhile comes first then, for the work goes on. */
      readonly yieldsToWish?: boolean;
    };

/** Which runs a list shows. */
export interface OperationRunFilter {
  readonly connectorId?: string;
  readonly status?: OperationRunStatus;
}

/** A wish to cancel, as it was noted. */
export interface NotedCancel {
  readonly run: OperationRunRow;
  /** Whether nobody wished it before. */
  readonly isNew: boolean;
  /** Whether nobody else is at the run, so that the caller has it now. */
  readonly isClaimed: boolean;
}

/** The runs of one tenant's bulk operations. Leases and times go by the database clock. */
export interface OperationRunRepository {
  /**
   * Notes a run before anything is sent.
   *
   * @throws {NotFoundError} When the connector was deleted meanwhile.
   * @throws {ConflictError} Retryable, when it was changed or switched off: it may have another address by now.
   */
  begin(run: NewOperationRun, claim: RunClaim): Promise<OperationRunRow>;
  /** Notes a run of which nothing is to be begun: its records are stored, and the next worker goes on. Throws as `begin`. */
  queue(run: NewOperationRun, work: object, counts: RunCounts): Promise<OperationRunRow>;
  findById(id: string): Promise<OperationRunRow | undefined>;
  /** Newest first. */
  list(filter: OperationRunFilter, page: PageRequest): Promise<Page<OperationRunRow>>;
  /** Those that have not ended, oldest first; of one connector where it is given. */
  listUnfinished(page: PageRequest, connectorId?: string): Promise<Page<OperationRunRow>>;
  /**
   * Renews the lease, and stores state and counts where there are new ones.
   *
   * @returns where the run stands; `undefined`, and nothing is stored, when somebody else has it.
   */
  renew(id: string, claim: RunClaim, work?: object, counts?: RunCounts): Promise<OperationRunStatus | undefined>;
  /** Stores what became of the run and lets go of it. @returns `undefined`, and nothing is stored, when somebody else has it. */
  land(id: string, attemptId: string, landing: RunLanding): Promise<OperationRunRow | undefined>;
  /**
   * Notes that the work is to be ended, and takes the run where nobody is at it.
   *
   * @param byForce - Takes it in any case: whoever is at it can store nothing any more.
   * @returns `undefined` when there is none that has not ended.
   */
  cancel(id: string, claim: RunClaim, byForce?: boolean): Promise<NotedCancel | undefined>;
}

const columns = Prisma.sql`
  r.id::text as "id", r.tenant_id::text as "tenantId", r.connector_id::text as "connectorId", r.operation as "operation",
  r.status::text as "status", r.work as "work", r.processed as "processed", r.failed as "failed", r.total as "total",
  r.error as "error", r.failures as "failures", r.created_by::text as "createdBy",
  r.created_at as "createdAt", r.updated_at as "updatedAt", r.ended_at as "endedAt"`;

/** The runs of the tenant of `scope`. */
export function createOperationRunRepository({ client, tenantId, noteWork }: TenantScope): OperationRunRepository {
  const query = (statement: ScopedSql) => client.$queryRaw<OperationRunRow[]>(statement);
  const ofId = (id: string) => scopedSql`r.tenant_id = ${tenantId}::uuid and r.id = ${id}::uuid`;

  /** Whoever changes or deletes the connector waits from here on, or has done so already. */
  async function lockConnector({ connectorId, connectorVersion }: NewOperationRun): Promise<void> {
    const [connector] = await client.$queryRaw<{ isSame: boolean }[]>`
      select is_active and version = ${connectorVersion}::integer as "isSame" from connectors
      where tenant_id = ${tenantId}::uuid and id = ${connectorId}::uuid and deleted_at is null
      for share`;
    if (connector === undefined) throw new NotFoundError("There is no such connector.");
    if (connector.isSame) return;
    const message = "The connector was changed meanwhile, so nothing was begun. Begin again.";
    throw new ConflictError(message, { retryable: true });
  }

  return {
    async begin(run, claim) {
      await lockConnector(run);
      const { id, connectorId, operation, createdBy } = run;
      const [row] = await query(scopedSql`
        insert into operation_runs as r (id, tenant_id, connector_id, operation, created_by, attempt_id, lease_until)
        values (${id}::uuid, ${tenantId}::uuid, ${connectorId}::uuid, ${operation}, ${createdBy}::uuid,
          ${claim.attemptId}::uuid, ${after(claim.leaseMs)})
        returning ${columns}`);
      if (row === undefined) throw new TypeError("An insert gave no row.");
      return row;
    },

    async queue(run, work, { processed, failed, total }) {
      await lockConnector(run);
      const { id, connectorId, operation, createdBy } = run;
      const [row] = await query(scopedSql`
        insert into operation_runs as r
          (id, tenant_id, connector_id, operation, created_by, status, work, processed, failed, total)
        values (${id}::uuid, ${tenantId}::uuid, ${connectorId}::uuid, ${operation}, ${createdBy}::uuid, 'running',
          ${toText(work)}::jsonb, ${processed}::integer, ${failed}::integer, ${total}::integer)
        returning ${columns}`);
      if (row === undefined) throw new TypeError("An insert gave no row.");
      noteWork("runs");
      return row;
    },

    async findById(id) {
      const [row] = await query(scopedSql`select ${columns} from operation_runs r where ${ofId(id)}`);
      return row;
    },

    async list({ connectorId, status }, { limit, after: last }) {
      const rows = await query(scopedSql`
        select ${columns} from operation_runs r
        where r.tenant_id = ${tenantId}::uuid
          and (${connectorId ?? null}::uuid is null or r.connector_id = ${connectorId ?? null}::uuid)
          and (${status ?? null}::text is null or r.status::text = ${status ?? null}::text)
          and (${last ?? null}::uuid is null or r.id < ${last ?? null}::uuid)
        order by r.id desc limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },

    async listUnfinished({ limit, after: last }, connectorId) {
      const rows = await query(scopedSql`
        select ${columns} from operation_runs r
        where r.tenant_id = ${tenantId}::uuid and r.ended_at is null
          and (${connectorId ?? null}::uuid is null or r.connector_id = ${connectorId ?? null}::uuid)
          and (${last ?? null}::uuid is null or r.id > ${last ?? null}::uuid)
        order by r.id limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },

    async renew(id, claim, work, counts) {
      const [row] = await query(scopedSql`
        update operation_runs r set lease_until = ${after(claim.leaseMs)}, work = coalesce(${toText(work)}::jsonb, r.work)
          ${counts ? Prisma.sql`, ${countsOf(counts)}, updated_at = clock_timestamp()` : Prisma.empty}
        where ${ofId(id)} and r.attempt_id = ${claim.attemptId}::uuid
        returning ${columns}`);
      return row?.status;
    },

    async land(id, attemptId, landing) {
      const isHeld = scopedSql`${ofId(id)} and r.attempt_id = ${attemptId}::uuid`;
      const [held] = await query(scopedSql`select ${columns} from operation_runs r where ${isHeld} for update`);
      const isOutranked = landing.kind === "ended" && landing.yieldsToWish && held?.status === "cancelling";
      const stored = isOutranked ? nothingNew : landing;
      const [row] = await query(scopedSql`
        update operation_runs r set ${changesOf(stored)},
          attempt_id = null, lease_until = null, updated_at = clock_timestamp()
        where ${isHeld}
        returning ${columns}`);
      if (row && stored.kind !== "ended" && stored.waitMs === 0) noteWork("runs");
      return row;
    },

    async cancel(id, claim, byForce = false) {
      const before = await query(scopedSql`
        select ${columns} from operation_runs r where ${ofId(id)} and r.ended_at is null for update`);
      const isNew = before[0]?.status !== "cancelling";
      const [found] = await client.$queryRaw<(OperationRunRow & { isClaimed: boolean })[]>(scopedSql`
        update operation_runs r set status = 'cancelling', next_look_at = clock_timestamp(), updated_at = clock_timestamp(),
          error = case when ${isNew} then null else r.error end, failures = case when ${isNew} then 0 else r.failures end,
          attempt_id = case when ${isFree(byForce)} then ${claim.attemptId}::uuid else r.attempt_id end,
          lease_until = case when ${isFree(byForce)} then ${after(claim.leaseMs)} else r.lease_until end
        where ${ofId(id)} and r.ended_at is null
        returning ${columns}, r.attempt_id = ${claim.attemptId}::uuid as "isClaimed"`);
      if (found === undefined) return undefined;
      const { isClaimed, ...run } = found;
      return { run, isNew, isClaimed };
    },
  };
}

function isFree(byForce: boolean): Prisma.Sql {
  return Prisma.sql`(${byForce}::boolean or r.attempt_id is null or r.lease_until <= clock_timestamp())`;
}

const nothingNew: RunLanding = { kind: "again", waitMs: 0, isFailure: false };

/** What a landing writes. A wish to cancel that came meanwhile stays, and is the next thing that is done. */
function changesOf(landing: RunLanding): Prisma.Sql {
  switch (landing.kind) {
    case "running":
      return Prisma.sql`
        status = case when r.status = 'cancelling' then r.status else 'running' end,
        error = case when r.status = 'cancelling' then r.error end,
        work = coalesce(${toText(landing.work)}::jsonb, r.work), ${countsOf(landing.counts)}, failures = 0,
        next_look_at = case when r.status = 'cancelling' then clock_timestamp() else ${after(landing.waitMs)} end`;
    case "again": {
      const { isEnding = false, isFailure, waitMs, error } = landing;
      return Prisma.sql`
        status = case when ${isEnding}::boolean then 'cancelling' else r.status end,
        error = case when r.status = 'cancelling' then r.error else coalesce(${toText(error)}::jsonb, r.error) end,
        failures = r.failures + ${isFailure ? 1 : 0}::integer,
        next_look_at = case when r.status = 'cancelling' and not ${isEnding}::boolean then clock_timestamp()
          else ${after(waitMs)} end`;
    }
    case "ended":
      return Prisma.sql`
        status = ${landing.status}::operation_run_status, ended_at = clock_timestamp(),
        work = ${toText(landing.work)}::jsonb, error = ${toText(landing.error)}::jsonb
        ${landing.counts ? Prisma.sql`, ${countsOf(landing.counts)}` : Prisma.empty}`;
  }
}

function after(ms: number): Prisma.Sql {
  return Prisma.sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}

function countsOf({ processed, failed, total }: RunCounts): Prisma.Sql {
  return Prisma.sql`processed = ${processed}::integer, failed = ${failed}::integer, total = ${total}::integer`;
}

function toText(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
