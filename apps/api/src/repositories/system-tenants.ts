import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";
import type { PlatformRequest } from "./system-events.js";

/** What went with a tenant. */
export interface DeletedTenant {
  readonly dataKeys: number;
  /** Those that had been deleted before included. */
  readonly connectors: number;
}

/** Tenants from outside of them. */
export interface SystemTenantRepository {
  /**
   * Removes a tenant, its data keys and everything else of it but its audit events, and says so in the platform's audit:
   * all of it or nothing.
   *
   * @param grants - What became of its grants at the vendors, for the audit.
   * @returns `undefined` when there is no such tenant.
   */
  delete(tenantId: string, grants: object, request: PlatformRequest): Promise<DeletedTenant | undefined>;
}

/** The functions for tenants. */
export function createSystemTenantRepository(query: SystemQuery): SystemTenantRepository {
  return {
    async delete(tenantId, grants, { id, ip }) {
      const [row] = await query<DeletedTenant>(Prisma.sql`
        select data_keys as "dataKeys", connectors
        from isthmus_delete_tenant(${tenantId}::uuid, ${JSON.stringify(grants)}::jsonb, ${newId()}::uuid, ${ip}, ${id})`);
      return row;
    },
  };
}
