import type { $Enums } from "../generated/prisma/client.js";
import type { JsonObject, Page } from "./client.js";
import type { RunTrouble } from "./operation-runs.js";
import { scopedSql, type TenantScope } from "./scope.js";

/** What became of a record that was to be written. */
export type StoredOutcome = $Enums.RecordOutcome;

/** A record of a run that is about to be noted. */
export interface NewRecordWrite {
  /** What is to be written; `null` where its outcome is known from the start. */
  readonly write: object | null;
  readonly outcome: StoredOutcome | null;
  readonly recordId: string | null;
  readonly error: RunTrouble | null;
}

/** A record that is to be written now. */
export interface TakenWrite {
  readonly position: number;
  readonly write: JsonObject;
  /** Whether an earlier try may have reached the vendor. */
  readonly attempted: boolean;
  /** Tries before this one that decided nothing. */
  readonly tries: number;
}

/** What a try found out about a record. */
export interface TriedWrite {
  readonly position: number;
  /** `null` = nothing is decided. */
  readonly outcome: StoredOutcome | null;
  /** Of one that is not decided: whether it may have reached the vendor. */
  readonly reached: boolean;
  readonly tries: number;
  /** Where it is known now. */
  readonly recordId: string | null;
  readonly error: RunTrouble | null;
}

/** A record of a run as it is stored. */
export interface RecordWriteRow {
  readonly position: number;
  readonly outcome: StoredOutcome | null;
  readonly recordId: string | null;
  readonly error: RunTrouble | null;
}

/** How many records of a run have an outcome. */
export interface OutcomeCount {
  readonly runId: string;
  readonly outcome: StoredOutcome;
  readonly count: number;
}

/** Which records of a run a list shows. */
export interface RecordWriteFilter {
  readonly outcome?: StoredOutcome | undefined;
  /** Those behind this place. Default: from the first on. */
  readonly after?: number | undefined;
}

/** The records that one tenant's runs write. Whoever changes them holds their run in the same unit of work. */
export interface RecordWriteRepository {
  /** In the order of the request, after those that it has. */
  add(runId: string, writes: readonly NewRecordWrite[]): Promise<void>;
  /**
   * Marks the next records as on their way. Those that were already, because whoever sent them has not stored what became of them,
   * come first and alone: the same ones as then.
   */
  take(runId: string, limit: number): Promise<readonly TakenWrite[]>;
  /** Stores what a try found out. What is decided keeps nothing of what was written. */
  store(runId: string, tried: readonly TriedWrite[]): Promise<void>;
  /** Decides what is left of a run that has ended: what may have reached the vendor is unknown, the rest was not sent. */
  end(runId: string): Promise<void>;
  /** One for each outcome that there is. */
  count(runId: string): Promise<readonly OutcomeCount[]>;
  /** In the order of the request. */
  list(runId: string, filter: RecordWriteFilter, limit: number): Promise<Page<RecordWriteRow>>;
}

/** What {@link RecordWriteRepository.end} says of records that were on their way. */
const lost: RunTrouble = {
  code: "OUTCOME_UNKNOWN",
  detail: "The run ended while this record was on its way. Look it up at the vendor before you write it again.",
};

/** The records to be written of the tenant of `scope`. */
export function createRecordWriteRepository({ client, tenantId }: TenantScope): RecordWriteRepository {
  const ofRun = (runId: string) => scopedSql`w.tenant_id = ${tenantId}::uuid and w.run_id = ${runId}::uuid`;

  return {
    async add(runId, writes) {
      await client.$executeRaw`
        insert into record_writes (tenant_id, run_id, position, write, outcome, record_id, error)
        select ${tenantId}::uuid, ${runId}::uuid,
          (select coalesce(max(w.position) + 1, 0) from record_writes w where ${ofRun(runId)}) + u.place - 1, nullif(u.item -> 'write', 'null'),
          (u.item ->> 'outcome')::record_outcome, u.item ->> 'recordId', nullif(u.item -> 'error', 'null')
        from jsonb_array_elements(${JSON.stringify(writes)}::jsonb) with ordinality as u (item, place)`;
    },

    async take(runId, limit) {
      const rows = await client.$queryRaw<TakenWrite[]>`
        with sent as materialized (
          select w.ctid as place from record_writes w where ${ofRun(runId)} and w.outcome is null and w.reached
        ), next as materialized (
          (select place, true as attempted from sent)
          union all
          (select w.ctid, false from record_writes w
           where ${ofRun(runId)} and w.outcome is null and not exists (select from sent)
           order by w.position limit ${limit}::integer)
        )
        update record_writes w set reached = true from next n
        where w.ctid = n.place and ${ofRun(runId)}
        returning w.position, w.write, n.attempted, w.tries`;
      return rows.toSorted((one, other) => one.position - other.position);
    },

    async store(runId, tried) {
      // A lookup by key for each, whatever the planner believes of a table that has just grown.
      await client.$executeRaw`
        with told as materialized (
          select t.* from jsonb_to_recordset(${JSON.stringify(tried)}::jsonb) as t (
            position integer, outcome record_outcome, reached boolean, tries smallint, "recordId" text, error jsonb)
        ), found as materialized (
          select t.*, o.place from told t cross join lateral (
            select w.ctid as place from record_writes w
            where ${ofRun(runId)} and w.position = t.position and w.outcome is null limit 1
          ) o
        )
        update record_writes w set
          outcome = f.outcome, reached = f.reached, tries = f.tries, record_id = coalesce(f."recordId", w.record_id),
          error = nullif(f.error, 'null'), write = case when f.outcome is null then w.write end
        from found f where w.ctid = f.place and ${ofRun(runId)}`;
    },

    async end(runId) {
      await client.$executeRaw`
        update record_writes w set write = null,
          outcome = case when w.reached then 'unknown' else 'not_sent' end::record_outcome,
          error = case when w.reached then ${JSON.stringify(lost)}::jsonb else w.error end
        where ${ofRun(runId)} and w.outcome is null`;
    },

    count(runId) {
      return client.$queryRaw<OutcomeCount[]>`
        select w.run_id::text as "runId", w.outcome::text, count(*)::integer as count from record_writes w
        where ${ofRun(runId)} and w.outcome is not null group by w.run_id, w.outcome order by w.outcome`;
    },

    async list(runId, { outcome = null, after = -1 }, limit) {
      const rows = await client.$queryRaw<RecordWriteRow[]>`
        select w.position, w.outcome::text, w.record_id as "recordId", w.error from record_writes w
        where ${ofRun(runId)} and w.position > ${after}::integer
          and (${outcome}::text is null or w.outcome::text = ${outcome}::text)
        order by w.position limit ${limit + 1}::integer`;
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return { rows: shown, nextCursor: rows.length > limit ? last?.position.toString() : undefined };
    },
  };
}
