import { newIdSql } from "./event-fan-out.js";
import { tellOfRecords } from "./record-events.js";
import { seriesBits } from "./record-sweep.js";
import { type ScopedSql, scopedSql, type TenantId, type TenantScope } from "./scope.js";
import { actsForTenant } from "./tenant-reads.js";

/** A change as a vendor gave it, as its columns take it. */
export interface ReadRecord {
  readonly externalId: string;
  /** JSON text, spelt in a way that does not depend on the order of its fields: it is compared by its SHA-256. `null` = it is gone. */
  readonly data: string | null;
  /** ISO 8601. */
  readonly modifiedAt: string | null;
}

/** What a batch is stored under. */
export interface BatchTarget {
  readonly runId: string;
  readonly attemptId: string;
  readonly leaseMs: number;
  readonly connectorId: string;
  readonly entity: string;
  readonly mode: "incremental" | "full";
  /** Whether the cursor stays the run's until it has read everything: then it becomes the entity's. */
  readonly keepsCursor: boolean;
  /** The vendor's account that is read; `null` = it is not known. Once the connector has another one, nothing is stored. */
  readonly accountId: string | null;
}

/** What was read, and where the read goes on. */
export interface ReadBatch {
  /** Of several changes of one record the last one counts. */
  readonly records: readonly ReadRecord[];
  readonly cursor: object;
  /** Records that were left out. */
  readonly failed: number;
  /** What the run's log says of those. */
  readonly refusal?: string;
}

/**
 * The statement that takes a run for longer, and the entity's row. Its one row says whether the run and the account are `held`, and
 * the entity's row `locked`.
 *
 * @param read - Records that the run has read before: at another count, it is not held. Default: whatever it has read.
 */
export function holdStatement(
  tenantId: TenantId,
  { runId, attemptId, leaseMs, connectorId, entity, accountId }: BatchTarget,
  read: number | null = null,
): ScopedSql {
  return scopedSql`
    with held as materialized (
      update sync_runs set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs}::float8 / 1000)
      where tenant_id = ${tenantId}::uuid and id = ${runId}::uuid and attempt_id = ${attemptId}::uuid and cancelled_at is null
        and (${read}::integer is null or read = ${read}::integer) and ${actsForTenant}
        and exists (
          select from connectors c
          where c.tenant_id = ${tenantId}::uuid and c.id = ${connectorId}::uuid
            and c.bound_account_id is not distinct from ${accountId}::text
        )
      returning id
    ), locked as materialized (
      select from sync_states s
      where exists (select from held)
        and s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
      for update
    )
    select exists (select from held) as held, exists (select from locked) as locked`;
}

/**
 * The statement that stores a batch: records, events, counts and cursor. It comes after {@link holdStatement}, in a transaction with
 * it. Its one row counts what became of the records; there is none, and nothing is stored, where the run is not held.
 */
export function storeStatement(
  { tenantId, sinks }: Pick<TenantScope, "tenantId" | "sinks">,
  target: BatchTarget,
  batch: ReadBatch,
): ScopedSql {
  const { runId, attemptId, connectorId, entity, mode, keepsCursor, accountId } = target;
  const records = lastOfEach(batch.records);
  const ids = records.map(({ externalId }) => externalId);
  const modified = records.map(({ modifiedAt }) => modifiedAt);
  const cursor = JSON.stringify(batch.cursor);
  return scopedSql`
    with held as materialized (
      select from sync_runs r, sync_states s
      where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid
        -- Nobody else has written the row since: this transaction has.
        and r.xmin = pg_current_xact_id()::xid
        and s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
    ), told as not materialized (
      select u.id, u.data, sha256(convert_to(u.data, 'UTF8')) as hash, u.modified_at, u.place
      from unnest(${ids}::text[], string_to_array(${linesOf(records)}::text, E'\\n', ''), ${modified}::timestamptz[])
        with ordinality as u (id, data, modified_at, place)
      where exists (select from held)
    ), different as materialized (
      select t.*, o.deleted is null as is_new, row_number() over (order by t.place) as step,
        case when t.data is null then 'deleted' when coalesce(o.deleted, true) then 'created' else 'updated' end as change
      from told t
      -- A lookup by key for each, whatever the planner believes of a table that has just grown.
      left join lateral (
        select o.hash, o.deleted from records o
        where o.tenant_id = ${tenantId}::uuid and o.connector_id = ${connectorId}::uuid
          and o.entity = ${entity} and o.external_id = t.id
        limit 1
      ) o on true
      where case when t.data is null then not coalesce(o.deleted, false)
        else o.deleted is null or o.deleted or o.hash is distinct from t.hash end
    ), changes as not materialized (
      select d.id, d.change, s.changes + d.step as version, d.modified_at, d.data, d.hash, d.is_new, s.first
      from different d, (
        select series << ${seriesBits}::integer as first, record_version as changes from sync_states
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}
      ) s
    ), added as (
      -- Whoever holds the entity's row is its only writer: what was not found is not there.
      insert into records (tenant_id, connector_id, entity, external_id, data, hash, version, modified_at, deleted, updated_at)
      select ${tenantId}::uuid, ${connectorId}::uuid, ${entity}, c.id, c.data::jsonb, c.hash, c.first + c.version,
        c.modified_at, c.data is null, clock_timestamp()
      from changes c where c.is_new
    ), replaced as (
      -- By its key, again whatever the planner believes.
      insert into records as o
        (tenant_id, connector_id, entity, external_id, data, hash, version, modified_at, deleted, updated_at)
      select ${tenantId}::uuid, ${connectorId}::uuid, ${entity}, c.id, c.data::jsonb, c.hash, c.first + c.version,
        c.modified_at, c.data is null, clock_timestamp()
      from changes c where not c.is_new
      on conflict (connector_id, entity, external_id) do update set
        data = coalesce(excluded.data, o.data), hash = coalesce(excluded.hash, o.hash), version = excluded.version,
        modified_at = coalesce(excluded.modified_at, o.modified_at), deleted = excluded.deleted,
        updated_at = excluded.updated_at
    ), ${tellOfRecords({ tenantId, sinks }, target)}, seen as (
      insert into sync_sightings (run_id, external_id, tenant_id)
      select ${runId}::uuid, t.id, ${tenantId}::uuid from told t
      where ${mode === "full"} and t.data is not null
      on conflict do nothing
    ), counted as (
      select (count(*) filter (where d.data is not null))::integer as changed,
        (count(*) filter (where d.data is null))::integer as deleted,
        (${records.length}::integer - count(*))::integer as unchanged
      from different d
      having exists (select from held)
    ), moved as (
      update sync_states s set record_version = s.record_version + c.changed + c.deleted,
        account_id = coalesce(s.account_id, ${accountId}::text),
        cursor = case when ${keepsCursor} then s.cursor else ${cursor}::jsonb end
      from counted c
      where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
    ), noted as (
      update sync_runs r set read = r.read + ${batch.records.length + batch.failed}::integer, changed = r.changed + c.changed,
        unchanged = r.unchanged + c.unchanged, deleted = r.deleted + c.deleted, failed = r.failed + ${batch.failed}::integer,
        failures = 0, updated_at = clock_timestamp(), cursor = case when ${keepsCursor} then ${cursor}::jsonb end
      from counted c where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid
    ), refused as (
      insert into sync_run_lines (id, tenant_id, run_id, event, detail)
      select ${newIdSql}, ${tenantId}::uuid, ${runId}::uuid, 'records_refused', ${batch.refusal ?? null}::text
      from counted where ${batch.refusal ?? null}::text is not null
    )
    select * from counted`;
}

/** One change of each record, in the order in which the last ones came. */
function lastOfEach(records: readonly ReadRecord[]): readonly ReadRecord[] {
  const byId = new Map<string, ReadRecord>();
  for (const record of records) {
    if (byId.has(record.externalId)) byId.delete(record.externalId);
    byId.set(record.externalId, record);
  }
  return byId.size === records.length ? records : [...byId.values()];
}

/**
 * The records' data as one text, a line for each, which is empty where there is none. Of an array each element would be looked
 * through and escaped. In JSON text a line end is never more than white space.
 */
function linesOf(records: readonly ReadRecord[]): string {
  return records.map(({ data }) => data?.replaceAll("\n", " ") ?? "").join("\n");
}
