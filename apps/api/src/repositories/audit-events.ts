import { newId } from "../database/ids.js";
import type { AuditOutcome, AuditEvent as PrismaAuditEvent } from "../generated/prisma/client.js";
import { type JsonObject, type Page, type PageRequest, readObject, toJson, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

export type { AuditOutcome };

/** What was done, by whom, with what result. */
export interface AuditEventRow {
  readonly id: string;
  readonly tenantId: string;
  /** `null` = the service itself, or the platform: then `details.actor` is `platform`. */
  readonly actorUserId: string | null;
  readonly actorApiKeyId: string | null;
  /** Such as `connector.created`. */
  readonly action: string;
  /** Such as `connector`. */
  readonly targetType: string;
  readonly targetId: string | null;
  readonly outcome: AuditOutcome;
  /** Address of the caller. */
  readonly ip: string | null;
  readonly requestId: string | null;
  /** Facts without secrets. */
  readonly details: JsonObject;
  readonly occurredAt: Date;
}

/** What a new event says. */
export interface NewAuditEvent {
  readonly actorUserId?: string;
  readonly actorApiKeyId?: string;
  readonly action: string;
  readonly targetType: string;
  readonly targetId?: string;
  readonly outcome: AuditOutcome;
  readonly ip?: string;
  readonly requestId?: string;
  /** Without secrets. Default `{}`. */
  readonly details?: object;
}

/** Which events a list shows. */
export interface AuditEventFilter {
  readonly action?: string;
  readonly targetType?: string;
  readonly targetId?: string;
  readonly actorUserId?: string;
  readonly outcome?: AuditOutcome;
  /** From then on. */
  readonly since?: Date;
  /** Before then. */
  readonly until?: Date;
}

/** The audit log of one tenant. Append-only: the database gives nobody here the right to change or remove an event. */
export interface AuditEventRepository {
  append(event: NewAuditEvent): Promise<AuditEventRow>;
  /** Newest first. */
  list(filter: AuditEventFilter, page: PageRequest): Promise<Page<AuditEventRow>>;
}

/** The audit log of the tenant of `scope`. */
export function createAuditEventRepository({ client, tenantId }: TenantScope): AuditEventRepository {
  return {
    async append({ details, ...rest }) {
      const data = { ...rest, id: newId(), tenantId, details: toJson(details ?? {}) };
      return toRow(await client.auditEvent.create({ data }));
    },
    async list({ since, until, ...equal }, { limit, after }) {
      const rows = await client.auditEvent.findMany({
        where: {
          ...equal,
          tenantId,
          id: after === undefined ? undefined : { lt: after },
          occurredAt: { gte: since, lt: until },
        },
        orderBy: { id: "desc" },
        take: limit + 1,
      });
      return toPage(rows.map(toRow), limit);
    },
  };
}

function toRow(row: PrismaAuditEvent): AuditEventRow {
  return { ...row, details: readObject(row.details) };
}
