import { tellOfRecords } from "./record-events.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

/** Bits of a record's version that count changes: those above them are the entity's series. 68 thousand million changes. */
export const seriesBits = 36;

/** A full run that has read everything, of an entity whose row is locked. */
export interface SweepTarget {
  readonly runId: string;
  readonly attemptId: string;
  readonly connectorId: string;
  readonly entity: string;
}

/** What a step of a sweep has done. */
export interface SweepStep {
  /** How many were marked. */
  readonly gone: number;
  /** Where the next step begins; `null` = there is nothing left, or somebody else has the run. */
  readonly next: string | null;
}

/**
 * The statement that marks what a full run has not seen as deleted, of so many records of an entity whose row is locked, in the order
 * of their versions: a statement has its time. Its one row is a {@link SweepStep}. It does nothing for an attempt that has lost the run.
 *
 * @param after - The version that the step begins behind: `0`, or what the one before gave.
 */
export function sweepStatement(
  { tenantId, sinks }: Pick<TenantScope, "tenantId" | "sinks">,
  { runId, attemptId, connectorId, entity }: SweepTarget,
  after: string,
  limit: number,
): ScopedSql {
  return scopedSql`
    with run as (
      select from sync_runs r
      where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid and r.attempt_id = ${attemptId}::uuid
    ), state as materialized (
      select s.series << ${seriesBits}::integer as first, s.record_version as changes from sync_states s
      where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
    ), looked_at as materialized (
      -- Numbers, and no table to join: of a join the index would be read from its beginning, through everybody's records.
      select o.external_id, o.version, o.deleted from records o
      where exists (select from run) and o.tenant_id = ${tenantId}::uuid
        and o.version > (select first from state) + ${after}::bigint and o.version <= (select first + changes from state)
      order by o.version limit ${limit}::integer
    ), gone as materialized (
      select o.external_id, row_number() over (order by o.version) as step from looked_at o
      -- A lookup by key for each, whatever the planner believes of a table that has just grown.
      left join lateral (
        select true as is_seen from sync_sightings g
        where g.tenant_id = ${tenantId}::uuid and g.run_id = ${runId}::uuid and g.external_id = o.external_id
        limit 1
      ) g on true
      where not o.deleted and g.is_seen is null
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
      update sync_states s set record_version = s.record_version + (select count(*) from gone)
      where s.tenant_id = ${tenantId}::uuid and s.connector_id = ${connectorId}::uuid and s.entity = ${entity}
        and exists (select from gone)
    ), noted as (
      update sync_runs r set deleted = r.deleted + (select count(*)::integer from gone)
      where r.tenant_id = ${tenantId}::uuid and r.id = ${runId}::uuid and exists (select from gone)
    )
    select (select count(*)::integer from gone) as gone, (max(o.version) - (select first from state))::text as next
    from looked_at o`;
}
