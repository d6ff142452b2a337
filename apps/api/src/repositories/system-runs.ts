import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** A run that somebody has taken. */
export interface ClaimedRun {
  readonly tenantId: string;
  readonly runId: string;
  readonly attemptId: string;
}

/** Runs of all tenants. Leases and times go by the database clock. */
export interface SystemRunRepository {
  /**
   * Takes runs that are due, the longest overdue first, `limit` at most: nobody else takes them while `leaseMs` lasts. Callers
   * side by side get different ones. Of a connector that is switched off, only what is to be ended is taken.
   */
  claimDue(limit: number, leaseMs: number): Promise<readonly ClaimedRun[]>;
  /** Removes runs that ended so long ago, `limit` at most. @returns How many. */
  prune(keptForMs: number, limit: number): Promise<number>;
}

/** The functions for runs. */
export function createSystemRunRepository(query: SystemQuery): SystemRunRepository {
  return {
    claimDue(limit, leaseMs) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedRun>(Prisma.sql`
        select tenant_id::text as "tenantId", run_id::text as "runId", attempt_id::text as "attemptId"
        from isthmus_claim_due_operation_runs(${attemptIds}::uuid[], ${leaseMs}::float8)`);
    },
    async prune(keptForMs, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_operation_runs(${keptForMs}::float8, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
