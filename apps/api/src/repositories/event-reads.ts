import { newId } from "../database/ids.js";
import { scopedSql, type TenantScope } from "./scope.js";

/** An entity of a connector. */
export interface EntityOfConnector {
  readonly connectorId: string;
  /** The vendor's name of it. */
  readonly entity: string;
}

/** Reads that events of vendors ask for, in one tenant. */
export interface EventReadRepository {
  /**
   * Asks for an incremental run of each entity that an active schedule reads, some time from now: what comes until then is read
   * with it. Where a run of the entity has not begun yet, that one is enough.
   *
   * @returns how many runs were made.
   */
  request(entities: readonly EntityOfConnector[], delayMs: number): Promise<number>;
  /** Notes of all events that came before a read of their entity began that what they name is read (database clock). */
  markRead(of: EntityOfConnector, begunAt: Date): Promise<void>;
}

/** The reads of the tenant of `scope`. */
export function createEventReadRepository({ client, tenantId, noteWork }: TenantScope): EventReadRepository {
  return {
    async request(entities, delayMs) {
      const wanted = entities.map((each) => ({ ...each, id: newId() }));
      const made = await client.$executeRaw(scopedSql`
        insert into sync_runs
          (id, tenant_id, connector_id, entity, mode, schedule_id, trigger, next_attempt_at, backfill_from, is_long)
        select distinct on (s.connector_id, s.entity) w.id, ${tenantId}::uuid, s.connector_id, s.entity, 'incremental', s.id,
          'event', clock_timestamp() + make_interval(secs => ${delayMs}::float8 / 1000),
          case when not f.is_read then s.backfill_from end, not f.is_read
        from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (id uuid, "connectorId" uuid, entity text)
        join sync_schedules s on s.tenant_id = ${tenantId}::uuid and s.connector_id = w."connectorId"
          and s.entity = w.entity and s.paused_at is null
        cross join lateral (
          select exists (
            select from sync_states e
            where e.tenant_id = ${tenantId}::uuid and e.connector_id = s.connector_id and e.entity = s.entity
              and e.cursor is not null
          ) as is_read
        ) f
        where not exists (
          select from sync_runs r
          where r.tenant_id = ${tenantId}::uuid and r.connector_id = s.connector_id and r.entity = s.entity
            and r.ended_at is null and r.started_at is null
        )
        order by s.connector_id, s.entity, s.mode = 'full', s.id
        on conflict do nothing`);
      if (made > 0) noteWork("syncs", delayMs);
      return made;
    },
    async markRead({ connectorId, entity }, begunAt) {
      await client.$executeRaw(scopedSql`
        update inbound_event_targets t set handled_at = clock_timestamp() from inbound_events e
        where t.tenant_id = ${tenantId}::uuid and t.connector_id = ${connectorId}::uuid and t.handled_at is null
          and e.tenant_id = t.tenant_id and e.id = t.event_id and coalesce(t.entity, e.entity) = ${entity}
          and e.received_at < ${begunAt}`);
    },
  };
}
