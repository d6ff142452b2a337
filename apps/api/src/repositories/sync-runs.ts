import { Prisma, type SyncMode, type SyncRunStatus, type SyncTrigger } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, toPage } from "./client.js";
import type { RunTrouble } from "./operation-runs.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

export type { SyncRunStatus };

/** A run as it is stored. Fields are described in `prisma/schema.prisma`. */
export interface SyncRunRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorId: string;
  readonly entity: string;
  readonly mode: SyncMode;
  readonly trigger: SyncTrigger;
  readonly scheduleId: string | null;
  readonly tickAt: Date | null;
  readonly backfillFrom: Date | null;
  readonly isLong: boolean;
  readonly status: SyncRunStatus;
  readonly cursor: JsonObject | null;
  readonly expected: number | null;
  readonly read: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
  readonly failures: number;
  readonly error: RunTrouble | null;
  readonly cancelledAt: Date | null;
  readonly nextAttemptAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
}

/** Which runs a list shows. */
export interface SyncRunFilter {
  readonly connectorId?: string;
  readonly scheduleId?: string;
  readonly entity?: string;
  readonly status?: SyncRunStatus;
  /** Those that have not ended only. Default: all. */
  readonly isOpen?: boolean;
}

/** A run that somebody asks for. */
export type NewSyncRun = Pick<
  SyncRunRow,
  "id" | "connectorId" | "entity" | "mode" | "scheduleId" | "backfillFrom" | "isLong"
>;

/** How a run goes on after whoever was at it lets go of it. */
export type SyncRunLanding =
  | { readonly kind: "ended"; readonly status: "succeeded" | "cancelled" }
  | { readonly kind: "ended"; readonly status: "failed"; readonly error: RunTrouble }
  /** It is gone on with later: the vendor is away, or this process ends. */
  | { readonly kind: "again"; readonly waitMs: number; readonly error?: RunTrouble }
  /** From the beginning: its cursor has expired at the vendor. */
  | { readonly kind: "anew"; readonly error: RunTrouble };

/** The runs of one tenant's syncs. Leases and times go by the database clock. */
export interface SyncRunRepository {
  create(run: NewSyncRun): Promise<SyncRunRow>;
  findById(id: string): Promise<SyncRunRow | undefined>;
  /** Newest first. */
  list(filter: SyncRunFilter, page: PageRequest): Promise<Page<SyncRunRow>>;
  /**
   * Renews the lease of whoever is at the run under this attempt.
   *
   * @returns whether the run is to go on; `undefined` when somebody else has it.
   */
  renew(id: string, attemptId: string, leaseMs: number): Promise<{ readonly goesOn: boolean } | undefined>;
  /** Notes about how many changes it will read, under this attempt. */
  expect(id: string, attemptId: string, changes: number): Promise<void>;
  /** Lets go of a run. @returns `undefined`, and nothing is stored, when somebody else has it. */
  land(id: string, attemptId: string, landing: SyncRunLanding): Promise<SyncRunRow | undefined>;
  /** Notes the wish to end a run, and ends it where nobody is at it. @returns `undefined` when there is none that is open. */
  cancel(id: string): Promise<SyncRunRow | undefined>;
}

const columns = Prisma.sql`
  r.id::text as id, r.tenant_id::text as "tenantId", r.connector_id::text as "connectorId", r.entity, r.mode::text as mode, r.trigger::text as trigger,
  r.schedule_id::text as "scheduleId", r.tick_at as "tickAt", r.backfill_from as "backfillFrom", r.is_long as "isLong",
  r.status::text as status, r.cursor, r.expected, r.read, r.changed,
  r.unchanged, r.deleted, r.failed, r.failures, r.error, r.cancelled_at as "cancelledAt",
  r.next_attempt_at as "nextAttemptAt", r.created_at as "createdAt", r.started_at as "startedAt",
  r.updated_at as "updatedAt", r.ended_at as "endedAt"`;

/** The runs of the tenant of `scope`. */
export function createSyncRunRepository({ client, tenantId, readTime, noteWork }: TenantScope): SyncRunRepository {
  const query = (statement: ScopedSql) => client.$queryRaw<SyncRunRow[]>(statement);
  const ofId = (id: string) => scopedSql`r.tenant_id = ${tenantId}::uuid and r.id = ${id}::uuid`;

  return {
    async create(run) {
      const { id } = run;
      // By itself Prisma would give it the time of the process, and where that is ahead the run would wait until then.
      const createdAt = await readTime();
      await client.syncRun.create({ data: { ...run, tenantId, createdAt, nextAttemptAt: createdAt } });
      const [row] = await query(scopedSql`select ${columns} from sync_runs r where ${ofId(id)}`);
      if (row === undefined) throw new Error("The database did not keep a new run.");
      noteWork("syncs");
      return row;
    },
    async findById(id) {
      const [row] = await query(scopedSql`select ${columns} from sync_runs r where ${ofId(id)}`);
      return row;
    },
    async list({ connectorId, scheduleId, entity, status, isOpen = false }, { limit, after }) {
      const rows = await query(scopedSql`
        select ${columns} from sync_runs r
        where r.tenant_id = ${tenantId}::uuid
          and (${connectorId ?? null}::uuid is null or r.connector_id = ${connectorId ?? null}::uuid)
          and (${scheduleId ?? null}::uuid is null or r.schedule_id = ${scheduleId ?? null}::uuid)
          and (${entity ?? null}::text is null or r.entity = ${entity ?? null}::text)
          and (${status ?? null}::sync_run_status is null or r.status = ${status ?? null}::sync_run_status)
          and (not ${isOpen}::boolean or r.ended_at is null)
          and (${after ?? null}::uuid is null or r.id < ${after ?? null}::uuid)
        order by r.id desc limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },
    async renew(id, attemptId, leaseMs) {
      const [row] = await client.$queryRaw<{ goesOn: boolean }[]>(scopedSql`
        update sync_runs r set lease_until = ${after(leaseMs)}
        where ${ofId(id)} and r.attempt_id = ${attemptId}::uuid
        returning r.cancelled_at is null as "goesOn"`);
      return row;
    },
    async expect(id, attemptId, changes) {
      await client.syncRun.updateMany({ where: { tenantId, id, attemptId }, data: { expected: changes } });
    },
    async land(id, attemptId, landing) {
      const [row] = await query(scopedSql`
        update sync_runs r set ${changesOf(landing)}, attempt_id = null, lease_until = null, updated_at = clock_timestamp()
        where ${ofId(id)} and r.attempt_id = ${attemptId}::uuid
        returning ${columns}`);
      const goesOnAtOnce = landing.kind === "anew" || (landing.kind === "again" && landing.waitMs === 0);
      if (row && goesOnAtOnce) noteWork("syncs");
      return row;
    },
    async cancel(id) {
      const [row] = await query(scopedSql`
        update sync_runs r set
          cancelled_at = coalesce(r.cancelled_at, clock_timestamp()), updated_at = clock_timestamp(),
          status = case when r.attempt_id is null then 'cancelled' else r.status end,
          ended_at = case when r.attempt_id is null then clock_timestamp() end
        where ${ofId(id)} and r.ended_at is null
        returning ${columns}`);
      if (row?.endedAt === null) noteWork("cancellations");
      return row;
    },
  };
}

function changesOf(landing: SyncRunLanding): Prisma.Sql {
  switch (landing.kind) {
    case "ended": {
      const error = landing.status === "failed" ? JSON.stringify(landing.error) : null;
      return Prisma.sql`
        status = ${landing.status}::sync_run_status, error = ${error}::jsonb, cursor = null, ended_at = clock_timestamp()`;
    }
    case "again": {
      const error = landing.error === undefined ? null : JSON.stringify(landing.error);
      return Prisma.sql`
        status = 'queued', error = coalesce(${error}::jsonb, r.error), failures = r.failures + ${error === null ? 0 : 1}::integer,
        next_attempt_at = ${after(landing.waitMs)}`;
    }
    case "anew":
      return Prisma.sql`
        status = 'queued', mode = 'full', is_long = true, cursor = null, error = ${JSON.stringify(landing.error)}::jsonb,
        next_attempt_at = clock_timestamp()`;
  }
}

function after(ms: number): Prisma.Sql {
  return Prisma.sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;
}
