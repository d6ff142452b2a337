import { Prisma, type WebhookDeliveryStatus } from "../generated/prisma/client.js";
import { type Page, type PageRequest, toPage } from "./client.js";
import { scopedSql, type TenantScope } from "./scope.js";

export type { WebhookDeliveryStatus };

/** One event for one webhook. Fields are described in `prisma/schema.prisma`. */
export interface WebhookDeliveryRow {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: WebhookDeliveryStatus;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly lastAttemptAt: Date | null;
  readonly answerStatus: number | null;
  readonly answer: string | null;
  readonly failureCode: string | null;
  readonly endedAt: Date | null;
  readonly happenedAt: Date;
}

/** Which deliveries a list shows. */
export interface WebhookDeliveryFilter {
  readonly endpointId: string;
  readonly status?: WebhookDeliveryStatus;
}

/** What the webhooks of one tenant were told. */
export interface WebhookDeliveryRepository {
  findById(id: string): Promise<WebhookDeliveryRow | undefined>;
  /** Newest first. */
  list(filter: WebhookDeliveryFilter, page: PageRequest): Promise<Page<WebhookDeliveryRow>>;
  /** Lets a dead one be tried again, at once and for another day. @returns `undefined` when it is not there, or not dead. */
  replay(id: string): Promise<WebhookDeliveryRow | undefined>;
  /** {@link replay} of the dead ones of a webhook, the oldest first, so many at most. @returns how many. */
  replayAll(endpointId: string, limit: number): Promise<number>;
}

const columns = Prisma.sql`
  d.id::text as id, d.endpoint_id::text as "endpointId", d.event_id::text as "eventId", v.type, d.status::text as status,
  d.attempts, d.due_at as "dueAt", d.last_attempt_at as "lastAttemptAt", d.answer_status as "answerStatus", d.answer,
  d.failure_code as "failureCode", d.ended_at as "endedAt", v.created_at as "happenedAt"`;

/** The deliveries of the tenant of `scope`. */
export function createWebhookDeliveryRepository({
  client,
  tenantId,
  noteWork,
}: TenantScope): WebhookDeliveryRepository {
  const find = async (id: string) => {
    const [row] = await client.$queryRaw<WebhookDeliveryRow[]>(scopedSql`
      select ${columns} from webhook_deliveries d join outbox_events v on v.tenant_id = d.tenant_id and v.id = d.event_id
      where d.tenant_id = ${tenantId}::uuid and d.id = ${id}::uuid`);
    return row;
  };
  const replayThose = async (which: Prisma.Sql) => {
    const replayed = await client.$executeRaw(scopedSql`
      update webhook_deliveries set status = 'pending', ended_at = null, first_attempt_at = null,
        due_at = clock_timestamp(), created_at = clock_timestamp()
      where tenant_id = ${tenantId}::uuid and status = 'dead' and ${which}`);
    if (replayed > 0) noteWork("deliveries");
    return replayed;
  };

  return {
    findById: find,
    async list({ endpointId, status = null as WebhookDeliveryStatus | null }, { limit, after }) {
      const rows = await client.$queryRaw<WebhookDeliveryRow[]>(scopedSql`
        select ${columns} from webhook_deliveries d join outbox_events v on v.tenant_id = d.tenant_id and v.id = d.event_id
        where d.tenant_id = ${tenantId}::uuid and d.endpoint_id = ${endpointId}::uuid
          and (${status}::webhook_delivery_status is null or d.status = ${status}::webhook_delivery_status)
          and (${after ?? null}::uuid is null or d.id < ${after ?? null}::uuid)
        order by d.id desc limit ${limit + 1}::integer`);
      return toPage(rows, limit);
    },
    async replay(id) {
      return (await replayThose(Prisma.sql`id = ${id}::uuid`)) === 0 ? undefined : find(id);
    },
    replayAll: (endpointId, limit) =>
      replayThose(Prisma.sql`id in (
        select o.id from webhook_deliveries o
        where o.tenant_id = ${tenantId}::uuid and o.endpoint_id = ${endpointId}::uuid and o.status = 'dead'
        order by o.seq limit ${limit}::integer
      )`),
  };
}
