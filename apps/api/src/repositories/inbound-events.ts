import { newId } from "../database/ids.js";
import { type Page, type PageRequest, readObject, toJson, toPage } from "./client.js";
import type { ConnectorEnvironment, ConnectorRow } from "./connectors.js";
import type { TenantScope } from "./scope.js";

/** One thing that a vendor told, as it is about to be stored. Every text fits its column. */
export interface NewInboundEvent {
  /** The vendor's id of it: one of an endpoint is stored once. */
  readonly eventId: string;
  readonly accountId: string;
  readonly entity: string;
  readonly recordId: string | null;
  readonly type: string;
}

/** One delivery, as it is about to be stored. */
export interface NewInboundDelivery {
  /** Made by the caller: the sealed body is bound to it. */
  readonly id: string;
  readonly endpointId: string;
  readonly body: object;
  readonly requestId: string;
}

/** An event that was stored just now, with the connectors that it concerns. */
export interface StoredInboundEvent extends NewInboundEvent {
  readonly id: string;
  readonly targets: readonly InboundTarget[];
}

/** A connector that an event concerns. */
export interface InboundTarget {
  readonly connectorId: string;
  /** What it reads for the event; `undefined` = nothing. */
  readonly readEntity: string | undefined;
}

/** A connector as far as it decides what it reads for an event. */
export type EventReader = Pick<ConnectorRow, "id" | "configuration" | "connectorVersion">;

/** Which connectors a delivery may concern. */
export interface InboundAudience {
  readonly connectorType: string;
  readonly environment: ConnectorEnvironment;
  /** What a connector reads for an event, if anything. Missing: the entity that the event names. */
  readonly readEntity?: ((reader: EventReader, event: NewInboundEvent) => string | undefined) | undefined;
}

/** An event as a connector got it. */
export interface InboundEventRow extends NewInboundEvent {
  readonly id: string;
  readonly endpointId: string;
  readonly receivedAt: Date;
  /** `null` = what it names was not read yet. */
  readonly handledAt: Date | null;
}

/** What vendors delivered to one tenant. */
export interface InboundEventRepository {
  /**
   * Stores a delivery with those of its events that are new, and which connectors of the audience they concern: connected
   * to the event's account and switched on. Nothing is stored where no event is new.
   *
   * @throws {NotFoundError} When the endpoint was removed meanwhile.
   */
  store(
    delivery: NewInboundDelivery,
    events: readonly NewInboundEvent[],
    audience: InboundAudience,
  ): Promise<readonly StoredInboundEvent[]>;
  /** What concerns a connector, newest first. */
  listOfConnector(connectorId: string, page: PageRequest): Promise<Page<InboundEventRow>>;
}

/** What vendors delivered to the tenant of `scope`. */
export function createInboundEventRepository({ client, tenantId }: TenantScope): InboundEventRepository {
  const findAudience = async (
    { connectorType, environment, readEntity }: InboundAudience,
    accountIds: readonly string[],
  ) => {
    const rows = await client.connector.findMany({
      where: {
        tenantId,
        connectorType,
        environment,
        accountId: { in: [...accountIds] },
        status: "connected",
        isActive: true,
        deletedAt: null,
      },
      // A configuration may be of megabytes: it is read where somebody looks at it.
      select: { id: true, accountId: true, connectorVersion: true, configuration: readEntity !== undefined },
      orderBy: { id: "asc" },
    });
    return rows.map(({ configuration, ...row }) => ({ ...row, configuration: readObject(configuration ?? {}) }));
  };

  const leaveNew = async (endpointId: string, events: readonly NewInboundEvent[]) => {
    // One parameter, however many events: a statement may have 65 535.
    const rows = await client.$queryRaw<{ eventId: string }[]>`
      select event_id as "eventId" from inbound_events
      where tenant_id = ${tenantId}::uuid and endpoint_id = ${endpointId}::uuid and event_id in (
        select value from jsonb_array_elements_text(${JSON.stringify(events.map(({ eventId }) => eventId))}::jsonb))`;
    const known = new Set(rows.map(({ eventId }) => eventId));
    return events.filter(({ eventId }) => !known.has(eventId));
  };

  return {
    async store({ body, ...delivery }, all, audience) {
      const events = await leaveNew(delivery.endpointId, all);
      if (events.length === 0) return [];
      await client.inboundDelivery.create({ data: { ...delivery, tenantId, body: toJson(body) } });
      const { id: deliveryId, endpointId } = delivery;
      const rows = events.map((event) => ({ ...event, id: newId() }));
      // A rival that stores the same event is waited for, and then it is not new.
      const stored = await client.$queryRaw<{ id: string }[]>`
        insert into inbound_events (id, tenant_id, endpoint_id, delivery_id, event_id, account_id, entity, record_id, type)
        select e.id, ${tenantId}::uuid, ${endpointId}::uuid, ${deliveryId}::uuid,
          e."eventId", e."accountId", e.entity, e."recordId", e.type
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as e (id uuid, "eventId" text, "accountId" text, entity text, "recordId" text, type text)
        order by e."eventId"
        on conflict (endpoint_id, event_id) do nothing
        returning id::text as id`;
      if (stored.length === 0) {
        await client.inboundDelivery.deleteMany({ where: { tenantId, id: deliveryId } });
        return [];
      }
      const storedIds = new Set(stored.map(({ id }) => id));
      const fresh = rows.filter(({ id }) => storedIds.has(id));
      const connectors = await findAudience(audience, [...new Set(fresh.map(({ accountId }) => accountId))]);
      const { readEntity = (_reader, event) => event.entity } = audience;
      const result = fresh.map((event) => ({
        ...event,
        targets: connectors
          .filter(({ accountId }) => accountId === event.accountId)
          .map((reader) => ({ connectorId: reader.id, readEntity: readEntity(reader, event) })),
      }));
      const targets = result.flatMap(({ id, entity, targets: of }) =>
        of.map(({ connectorId: to, readEntity: read }) => ({ id, to, entity: read === entity ? null : read })),
      );
      if (targets.length > 0) {
        await client.$executeRaw`
          insert into inbound_event_targets (event_id, connector_id, tenant_id, entity)
          select t.id, t.to, ${tenantId}::uuid, t.entity
          from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (id uuid, "to" uuid, entity text)`;
      }
      return result;
    },

    async listOfConnector(connectorId, { limit, after }) {
      const rows = await client.inboundEventTarget.findMany({
        where: { tenantId, connectorId, eventId: after === undefined ? undefined : { lt: after } },
        include: { event: true },
        orderBy: { eventId: "desc" },
        take: limit + 1,
      });
      return toPage(
        rows.map(({ event, handledAt }) => ({ ...event, handledAt })),
        limit,
      );
    },
  };
}
