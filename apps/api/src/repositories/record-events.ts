import { Prisma } from "../generated/prisma/client.js";
import { listensTo, newIdSql, orderKeyOf, wantsType } from "./event-fan-out.js";
import { groupOf, recordEventTypes } from "./event-types.js";
import { type ScopedSql, scopedSql, type TenantScope } from "./scope.js";

/** What somebody may have asked for who is told of records. */
const anyOfThem = [...recordEventTypes, ...new Set(recordEventTypes.map(groupOf))];

/** Bytes of a record, as JSON, up to which an event has it. Of a larger one receivers read the record. */
const largestTold = 256 * 1024;

/**
 * Parts of a `with` that write down what happens to records, and for whom, in the statement that stores them: an event for each
 * version, or none where nobody is told. They read `changes`: id, change, version, modified_at, data (JSON text, null = gone).
 */
export function tellOfRecords(
  { tenantId, sinks }: Pick<TenantScope, "tenantId" | "sinks">,
  { connectorId, entity }: { readonly connectorId: string; readonly entity: string },
): ScopedSql {
  const about = Prisma.sql`${connectorId}::text || '/' || ${entity}::text || '/' || c.id`;
  const of = { connectorId: Prisma.sql`${connectorId}::uuid`, entity: Prisma.sql`${entity}::text` };
  return scopedSql`
    audience as materialized (
      select w.id, w.event_types from webhook_endpoints w
      where ${listensTo(tenantId, of)} and w.event_types && ${anyOfThem}::text[]
    ), events as materialized (
      select c.*, ${newIdSql} as event_id from (select 'record.' || c.change as type, c.* from changes c) c
      -- Asked once, before the first row is looked at: where nobody listens, none is.
      where (${sinks.length > 0}::boolean or exists (select from audience))
        and (${sinks.length > 0}::boolean or exists (select from audience w where ${wantsType(Prisma.sql`c.type`)}))
    ), written_down as (
      insert into outbox_events (id, tenant_id, type, connector_id, payload)
      select c.event_id, ${tenantId}::uuid, c.type, ${connectorId}::uuid, jsonb_build_object(
        'connectorId', ${connectorId}::text, 'entity', ${entity}::text, 'externalId', c.id, 'version', c.version::text,
        'change', c.change, 'modifiedAt', to_char(c.modified_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'record', case when octet_length(c.data) <= ${largestTold}::integer then c.data::jsonb end,
        'recordOmitted', coalesce(octet_length(c.data) > ${largestTold}::integer, false))
      from events c
    ), sunk as (
      insert into sink_deliveries (event_id, sink, tenant_id, order_key)
      select c.event_id, s.sink, ${tenantId}::uuid, ${orderKeyOf(about)}
      from events c cross join unnest(${[...sinks]}::text[]) as s (sink)
      order by c.version
    ), sent as (
      insert into webhook_deliveries (id, tenant_id, endpoint_id, event_id, order_key)
      select ${newIdSql}, ${tenantId}::uuid, w.id, c.event_id, ${orderKeyOf(about)}
      from events c join audience w on ${wantsType(Prisma.sql`c.type`)}
      order by c.version
    )`;
}
