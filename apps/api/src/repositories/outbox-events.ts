import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import { listensTo, newIdSql, orderKeyOf, wantsType } from "./event-fan-out.js";
import type { EventType } from "./event-types.js";
import { scopedSql, type TenantScope } from "./scope.js";

/** What is to be told to the outside. */
export interface NewOutboxEvent {
  readonly type: EventType;
  /** The connector that it is about. */
  readonly connectorId?: string;
  /** The vendor's name of the kind of records that it is about. */
  readonly entity?: string;
  /** What it is about: events of one thing are told in their order. Default: the connector, or else its type. */
  readonly about?: string;
  /** What is told. No secret, no token. */
  readonly payload: object;
}

/** What is to be told to the outside of one tenant, written in the unit of work in which it happens. */
export interface OutboxEventRepository {
  append(event: NewOutboxEvent): Promise<void>;
  /** {@link append} of many, in their order, by one statement. */
  appendAll(events: readonly NewOutboxEvent[]): Promise<void>;
}

/** The outbox of the tenant of `scope`. What is written into it has its deliveries at once. */
export function createOutboxEventRepository({ client, tenantId, sinks, noteWork }: TenantScope): OutboxEventRepository {
  async function appendAll(events: readonly NewOutboxEvent[]): Promise<void> {
    const rows = events.map((event, place) => ({
      ...event,
      place,
      id: newId(),
      about: event.about ?? event.connectorId ?? event.type,
    }));
    const subject = { connectorId: Prisma.sql`e."connectorId"`, entity: Prisma.sql`e.entity` };
    const deliveries = await client.$executeRaw(scopedSql`
      with told as (
        select e.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as e (id uuid, place integer, type text, "connectorId" uuid, entity text, about text, payload jsonb)
      ), written as (
        insert into outbox_events (id, tenant_id, type, connector_id, payload)
        select e.id, ${tenantId}::uuid, e.type, e."connectorId", e.payload from told e
      ), sunk as (
        insert into sink_deliveries (event_id, sink, tenant_id, order_key)
        select e.id, s.sink, ${tenantId}::uuid, ${orderKeyOf(Prisma.sql`e.about`)}
        from told e cross join unnest(${[...sinks]}::text[]) as s (sink)
        order by e.place
      )
      insert into webhook_deliveries (id, tenant_id, endpoint_id, event_id, order_key)
      select ${newIdSql}, ${tenantId}::uuid, w.id, e.id, ${orderKeyOf(Prisma.sql`e.about`)}
      from told e join webhook_endpoints w on ${listensTo(tenantId, subject)} and ${wantsType(Prisma.sql`e.type`)}
      order by e.place`);
    if (deliveries > 0 || sinks.length > 0) noteWork("deliveries");
  }

  return { append: (event) => appendAll([event]), appendAll };
}
