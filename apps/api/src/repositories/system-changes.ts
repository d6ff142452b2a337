import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** A change request that somebody has to look at. */
export interface DueChange {
  readonly tenantId: string;
  readonly id: string;
}

/** Change requests of all tenants. Times go by the database clock. */
export interface SystemChangeRepository {
  /**
   * Takes requests that a worker has to look at, the longest overdue first, `limit` at most: nobody else takes them while
   * `leaseMs` lasts. Callers side by side get different ones.
   */
  claimDue(limit: number, leaseMs: number): Promise<readonly DueChange[]>;
}

/** The function for change requests. */
export function createSystemChangeRepository(query: SystemQuery): SystemChangeRepository {
  return {
    claimDue: (limit, leaseMs) =>
      query<DueChange>(Prisma.sql`
        select tenant_id::text as "tenantId", id::text as "id"
        from isthmus_claim_due_change_requests(${limit}::integer, ${leaseMs}::float8)`),
  };
}
