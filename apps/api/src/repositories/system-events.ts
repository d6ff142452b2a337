import { Prisma } from "../generated/prisma/client.js";
import type { AuditEventRow } from "./audit-events.js";
import { type Page, type PageRequest, type SystemQuery, toPage } from "./client.js";

/** A request with the platform key, as its audit notes it. */
export interface PlatformRequest {
  readonly id: string;
  /** Address of the peer. */
  readonly ip: string;
}

/** What the platform did. Nobody acts in it but the holder of the platform key (then `ip` is set) and the service itself. */
export type PlatformEventRow = Omit<AuditEventRow, "tenantId" | "actorUserId" | "actorApiKeyId">;

/** The platform's audit, which only the system's other functions append to. */
export interface SystemEventRepository {
  /** Newest first. */
  listPlatform(page: PageRequest): Promise<Page<PlatformEventRow>>;
  /** A tenant's own audit, newest first, also after the tenant was deleted. */
  listOfTenant(tenantId: string, page: PageRequest): Promise<Page<AuditEventRow>>;
}

const columns = Prisma.sql`
  id::text as "id", action, target_type as "targetType", target_id as "targetId", outcome::text as "outcome", ip,
  request_id as "requestId", details, occurred_at as "occurredAt"`;

/** The functions for audits. */
export function createSystemEventRepository(query: SystemQuery): SystemEventRepository {
  return {
    async listPlatform({ limit, after }) {
      const rows = await query<PlatformEventRow>(Prisma.sql`
        select ${columns} from isthmus_list_platform_events(${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows, limit);
    },
    async listOfTenant(tenantId, { limit, after }) {
      const rows = await query<AuditEventRow>(Prisma.sql`
        select ${columns}, tenant_id::text as "tenantId", actor_user_id::text as "actorUserId",
          actor_api_key_id::text as "actorApiKeyId"
        from isthmus_list_tenant_events(${tenantId}::uuid, ${after ?? null}::uuid, ${limit + 1}::integer)`);
      return toPage(rows, limit);
    },
  };
}
