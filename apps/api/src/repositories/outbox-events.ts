import { newId } from "../database/ids.js";
import { toJson } from "./client.js";
import type { TenantScope } from "./scope.js";

/** What is to be told to the outside. */
export interface NewOutboxEvent {
  /** What happened, such as `connector.reconnect_required`. */
  readonly type: string;
  /** The connector that it is about. */
  readonly connectorId?: string;
  /** What is told. No secret, no token. */
  readonly payload: object;
}

/** What is to be told to the outside of one tenant, written in the unit of work in which it happens. */
export interface OutboxEventRepository {
  append(event: NewOutboxEvent): Promise<void>;
  /** {@link append} of many, in their order, by one statement. */
  appendAll(events: readonly NewOutboxEvent[]): Promise<void>;
}

/** The outbox of the tenant of `scope`. */
export function createOutboxEventRepository({ client, tenantId }: TenantScope): OutboxEventRepository {
  return {
    async append({ payload, ...rest }) {
      await client.outboxEvent.create({ data: { ...rest, id: newId(), tenantId, payload: toJson(payload) } });
    },
    async appendAll(events) {
      const rows = events.map((event) => ({ ...event, id: newId() }));
      await client.$executeRaw`
        insert into outbox_events (id, tenant_id, type, connector_id, payload)
        select e.id, ${tenantId}::uuid, e.type, e."connectorId", e.payload
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as e (id uuid, type text, "connectorId" uuid, payload jsonb)`;
    },
  };
}
