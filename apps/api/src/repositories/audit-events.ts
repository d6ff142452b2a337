import type { AuditLink } from "@isthmus/core";
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
  /** Where it stands in the tenant's chain; `null` = not sealed yet. */
  readonly chain: AuditLink | null;
}

/** The place of an event as its columns have it. */
export interface StoredLink {
  readonly chainSeq: bigint | null;
  readonly previousHash: Uint8Array | null;
  readonly chainHash: Uint8Array | null;
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
  readonly actorApiKeyId?: string;
  readonly requestId?: string;
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
      return toAuditEventRow(await client.auditEvent.create({ data }));
    },
    async list(filter, { limit, after }) {
      const rows = await client.auditEvent.findMany({
        where: {
          ...whereOf(filter),
          tenantId,
          id: after === undefined ? undefined : { lt: after },
        },
        orderBy: { id: "desc" },
        take: limit + 1,
      });
      return toPage(rows.map(toAuditEventRow), limit);
    },
  };
}

/** A row as it is read, with its hashes in hexadecimal. */
export function toAuditEventRow({ chainSeq, previousHash, chainHash, ...row }: PrismaAuditEvent): AuditEventRow {
  return { ...row, details: readObject(row.details), chain: toChain({ chainSeq, previousHash, chainHash }) };
}

/** Where an event stands, of its columns. */
export function toChain({ chainSeq, previousHash, chainHash }: StoredLink): AuditLink | null {
  if (chainSeq === null || previousHash === null || chainHash === null) return null;
  return { seq: Number(chainSeq), previousHash: toHex(previousHash), hash: toHex(chainHash) };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The part of a filter that Prisma's `where` takes. */
export function whereOf({ since, until, ...equal }: AuditEventFilter) {
  return { ...equal, occurredAt: { gte: since, lt: until } };
}
