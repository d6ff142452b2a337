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

/**
 * The statement that marks what a full run has not seen as deleted, and makes its cursor the entity's. Its one row says how many
 * are `gone`. It does nothing for an attempt that has lost the run.
 */
export function sweepStatement(
  { tenantId, sinks }: Pick<TenantScope, "tenantId" | "sinks">,
  { runId, attemptId, connectorId, entity }: SweepTarget,
): ScopedSql {
  return scopedSql`
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
}
