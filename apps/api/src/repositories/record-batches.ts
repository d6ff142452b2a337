import type { JsonObject } from "./client.js";
import { tellOfRecords } from "./record-events.js";
import { scopedSql, type TenantScope } from "./scope.js";

/** Bits of a record's version that count changes: those above them are the entity's series. 68 thousand million changes. */
export const seriesBits = 36;

/** A change as a vendor gave it, as its columns take it. */
export interface ReadRecord {
  readonly externalId: string;
  /** JSON text; `null` = it is gone. */
  readonly data: string | null;
  /** SHA-256 of a spelling of the data that does not depend on the order of its fields, in hexadecimal; `null` = it is gone. */
  readonly hash: string | null;
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

/** Where an entity stands. */
export interface EntityState {
  /** Where its next incremental run goes on; `undefined` = at the beginning. */
  readonly cursor: JsonObject | undefined;
  /** The vendor's account whose records these are; `null` = it is not known. */
  readonly accountId: string | null;
}

/** What became of a batch. */
export interface BatchCounts {
  readonly changed: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/** Writes what vendors gave into the records of one tenant's connectors. */
export interface RecordBatchRepository {
  /**
   * Stores a batch with the cursor that comes after it, under the lease of a run. Of several changes of one record the last
   * one counts. Only records that are different now get a new version.
   *
   * @returns `undefined`, and nothing is stored, when somebody else has the run, it is to be ended, or the connector has another
   *   account by now.
   */
  storeBatch(
    target: BatchTarget,
    records: readonly ReadRecord[],
    cursor: object,
    failed: number,
  ): Promise<BatchCounts | undefined>;
  findState(connectorId: string, entity: string): Promise<EntityState>;
  /** Forgets the cursor, the account and what full runs have seen: the next run begins at the beginning. */
  clearState(connectorId: string, entity: string): Promise<void>;
  /** Marks what a full run has not seen as deleted, and makes its cursor the entity's. @returns how many. */
  sweep(target: Pick<BatchTarget, "runId" | "attemptId" | "connectorId" | "entity">): Promise<number>;
  /** Makes the cursor of a run that began at a time the entity's, where that has none yet. @returns whether the run is still held. */
  adoptCursor(target: Pick<BatchTarget, "runId" | "attemptId" | "connectorId" | "entity">): Promise<boolean>;
}

/** The batches of the tenant of `scope`. */
export function createRecordBatchRepository({ client, tenantId, sinks }: TenantScope): RecordBatchRepository {
  /** Takes the entity's row, so that whoever writes its records does so alone. */
  async function lockState(connectorId: string, entity: string): Promise<void> {
    await client.$executeRaw`
      insert into sync_states (connector_id, entity, tenant_id) values (${connectorId}::uuid, ${entity}, ${tenantId}::uuid)
      on conflict (connector_id, entity) do nothing`;
    await client.$queryRaw`
      select 1 from sync_states
      where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity} for update`;
  }

  async function holds({ runId, attemptId, leaseMs, connectorId, accountId }: BatchTarget) {
    const rows = await client.$queryRaw<object[]>`
      update sync_runs set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs}::float8 / 1000)
      where tenant_id = ${tenantId}::uuid and id = ${runId}::uuid and attempt_id = ${attemptId}::uuid and cancelled_at is null
        and exists (
          select from connectors c
          where c.tenant_id = ${tenantId}::uuid and c.id = ${connectorId}::uuid and c.bound_account_id is not distinct from ${accountId}
        )
      returning id`;
    return rows.length === 1;
  }

  return {
    async storeBatch(target, records, cursor, failed) {
      const { runId, connectorId, entity, mode, keepsCursor, accountId } = target;
      if (!(await holds(target))) return undefined;
      await lockState(connectorId, entity);
      const [ids, data] = [records.map(({ externalId }) => externalId), records.map((record) => record.data)];
      const [hashes, modified] = [records.map(({ hash }) => hash), records.map(({ modifiedAt }) => modifiedAt)];
      const [counts] = await client.$queryRaw<BatchCounts[]>(scopedSql`
        with told as (
          select distinct on (u.id) u.id, u.data, decode(u.hash, 'hex') as hash, u.modified_at, u.place
          from unnest(${ids}::text[], ${data}::text[], ${hashes}::text[], ${modified}::timestamptz[])
            with ordinality as u (id, data, hash, modified_at, place)
          order by u.id, u.place desc
        ), different as (
          select t.*, row_number() over (order by t.place) as step,
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
        ), state as (
          select (series << ${seriesBits}::integer) + record_version as version, record_version as changes from sync_states
          where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}
        ), written as (
          insert into records as o
            (tenant_id, connector_id, entity, external_id, data, hash, version, modified_at, deleted, updated_at)
          select ${tenantId}::uuid, ${connectorId}::uuid, ${entity}, d.id, d.data::jsonb, d.hash,
            s.version + d.step, d.modified_at, d.data is null, clock_timestamp()
          from different d, state s
          on conflict (connector_id, entity, external_id) do update set
            data = coalesce(excluded.data, o.data), hash = coalesce(excluded.hash, o.hash), version = excluded.version,
            modified_at = coalesce(excluded.modified_at, o.modified_at), deleted = excluded.deleted,
            updated_at = excluded.updated_at
          returning o.deleted
        ), changes as (
          select d.id, d.change, s.changes + d.step as version, d.modified_at, d.data from different d, state s
        ), ${tellOfRecords({ tenantId, sinks }, target)}, seen as (
          insert into sync_sightings (run_id, external_id, tenant_id)
          select ${runId}::uuid, t.id, ${tenantId}::uuid from told t
          where ${mode === "full"} and t.data is not null
          on conflict do nothing
        ), moved as (
          update sync_states set record_version = record_version + (select count(*) from different),
            account_id = coalesce(account_id, ${accountId}::text),
            cursor = case when ${keepsCursor} then cursor else ${JSON.stringify(cursor)}::jsonb end
          where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}
        ), counted as (
          select (count(*) filter (where not w.deleted))::integer as changed,
            (count(*) filter (where w.deleted))::integer as deleted,
            ((select count(*) from told) - count(*))::integer as unchanged
          from written w
        ), noted as (
          update sync_runs r set read = r.read + ${records.length + failed}::integer, changed = r.changed + c.changed,
            unchanged = r.unchanged + c.unchanged, deleted = r.deleted + c.deleted, failed = r.failed + ${failed}::integer,
            failures = 0, updated_at = clock_timestamp(),
            cursor = case when ${keepsCursor} then ${JSON.stringify(cursor)}::jsonb end
          from counted c where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid
        )
        select * from counted`);
      return counts;
    },

    async findState(connectorId, entity) {
      const [row] = await client.$queryRaw<{ cursor: JsonObject | null; accountId: string | null }[]>`
        select cursor, account_id as "accountId" from sync_states
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
      return { cursor: row?.cursor ?? undefined, accountId: row?.accountId ?? null };
    },

    async clearState(connectorId, entity) {
      // What was seen before may be gone by the time that it is read anew.
      await client.$executeRaw`
        delete from sync_sightings s using sync_runs r
        where s.tenant_id = ${tenantId}::uuid and r.tenant_id = s.tenant_id and r.id = s.run_id
          and r.connector_id = ${connectorId}::uuid and r.entity = ${entity}`;
      await client.$executeRaw`
        update sync_states set cursor = null, account_id = null
        where tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid and entity = ${entity}`;
    },

    async adoptCursor({ runId, attemptId, connectorId, entity }) {
      const updated = await client.$executeRaw`
        update sync_states s set cursor = coalesce(s.cursor, r.cursor) from sync_runs r
        where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
          and r.tenant_id = s.tenant_id and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid`;
      return updated === 1;
    },

    async sweep({ runId, attemptId, connectorId, entity }) {
      await lockState(connectorId, entity);
      const [row] = await client.$queryRaw<{ gone: number }[]>`
        with run as (
          select r.cursor from sync_runs r
          where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid
        ), state as (
          select s.series << ${seriesBits}::integer as first, s.record_version as changes from sync_states s
          where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
        ), gone as (
          select o.external_id, row_number() over (order by o.version) as step from records o, state s
          where exists (select from run) and o.tenant_id = ${tenantId}::uuid and not o.deleted
            and o.version > s.first and o.version <= s.first + s.changes
            and not exists (
              select from sync_sightings g
              where g.tenant_id = ${tenantId}::uuid and g.run_id = ${runId}::uuid and g.external_id = o.external_id
            )
        ), marked as (
          update records o set deleted = true, version = s.first + s.changes + g.step, updated_at = clock_timestamp()
          from gone g, state s
          where o.tenant_id = ${tenantId}::uuid and o.connector_id = ${connectorId}::uuid and o.entity = ${entity}
            and o.external_id = g.external_id
        ), changes as (
          select g.external_id as id, 'deleted' as change, s.changes + g.step as version, null::timestamptz as modified_at,
            null::text as data
          from gone g, state s
        ), ${tellOfRecords({ tenantId, sinks }, { connectorId, entity })}, moved as (
          update sync_states s set record_version = s.record_version + (select count(*) from gone), cursor = run.cursor
          from run
          where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
        ), noted as (
          update sync_runs r set deleted = r.deleted + (select count(*)::integer from gone)
          where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid and exists (select from run)
        ), unmarked as (
          delete from sync_sightings s where s.tenant_id = ${tenantId}::uuid and s.run_id = ${runId}::uuid
            and exists (select from run)
        )
        select count(*)::integer as gone from gone`;
      return row?.gone ?? 0;
    },
  };
}
