import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import { type AuditEventRow, type NewAuditEvent, type StoredLink, toChain } from "./audit-events.js";
import { type Page, type PageRequest, type SystemQuery, toPage } from "./client.js";

/** What stands for a tenant's id in the platform's own audit, its chain and its keys: no tenant has it. */
export const platformId = "00000000-0000-0000-0000-000000000000";

/** A request with the platform key, as its audit notes it. */
export interface PlatformRequest {
  readonly id: string;
  /** Address of the peer. */
  readonly ip: string;
}

/** The platform's audit. Nobody acts in it but the holder of the platform key (then `ip` is set) and the service itself. */
export interface SystemEventRepository {
  /** Writes what no other function of the system's writes down. */
  appendPlatform(event: NewAuditEvent, request: PlatformRequest): Promise<void>;
  /** Newest first. */
  listPlatform(page: PageRequest): Promise<Page<AuditEventRow>>;
}

/** An event of the platform as it is read. */
export type StoredPlatformEvent = Omit<AuditEventRow, "tenantId" | "actorUserId" | "actorApiKeyId" | "chain"> &
  StoredLink;

/** The columns of {@link StoredPlatformEvent}. */
export const platformEventColumns: Prisma.Sql = Prisma.sql`
  id::text as "id", action, target_type as "targetType", target_id as "targetId", outcome::text as "outcome", ip,
  request_id as "requestId", details, occurred_at as "occurredAt", chain_seq as "chainSeq",
  previous_hash as "previousHash", chain_hash as "chainHash"`;

/** An event of the platform in the words of all audits. */
export function toPlatformEventRow({ chainSeq, previousHash, chainHash, ...row }: StoredPlatformEvent): AuditEventRow {
  const chain = toChain({ chainSeq, previousHash, chainHash });
  return { ...row, tenantId: platformId, actorUserId: null, actorApiKeyId: null, chain };
}

/** The functions for the platform's audit. */
export function createSystemEventRepository(query: SystemQuery): SystemEventRepository {
  return {
    async appendPlatform({ action, targetType, targetId, outcome, details = {} }, { id, ip }) {
      await query(Prisma.sql`
        select 1 from isthmus_append_platform_event(
          ${newId()}::uuid, ${action}, ${targetType}, ${targetId ?? null}::text, ${outcome}::text, ${ip}::text, ${id}::text,
          ${JSON.stringify(details)}::jsonb
        )`);
    },
    async listPlatform({ limit, after }) {
      const rows = await query<StoredPlatformEvent>(Prisma.sql`
        select ${platformEventColumns} from isthmus_list_platform_events(${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows.map(toPlatformEventRow), limit);
    },
  };
}
