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
export type PlatformEventRow = Omit<AuditEventRow, "tenantId" | "actorUserId" | "actorApiKeyId" | "chain">;

/** The platform's audit, which only the system's other functions append to. */
export interface SystemEventRepository {
  /** Newest first. */
  listPlatform(page: PageRequest): Promise<Page<PlatformEventRow>>;
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
  };
}
