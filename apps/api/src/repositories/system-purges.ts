import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** A purge that somebody has taken. */
export interface ClaimedPurge {
  readonly tenantId: string;
  readonly connectorId: string;
  readonly attemptId: string;
  /** Tries that failed before. */
  readonly failures: number;
  /** The vendor was asked for long enough: the connector goes whatever it says now. */
  readonly isLast: boolean;
}

/** Deleted connectors of all tenants. Leases and times go by the database clock. */
export interface SystemPurgeRepository {
  /**
   * Takes deleted connectors whose time is over, the longest overdue first, `limit` at most: nobody else takes them while
   * `leaseMs` lasts, and nobody restores them any more. Callers side by side get different ones.
   */
  claimDue(limit: number, leaseMs: number, giveUpAfterMs: number): Promise<readonly ClaimedPurge[]>;
  /**
   * Removes records of a deleted connector, `limit` at most: all of them at once would take longer than a statement may. Without a
   * connector, those of a tenant whose connectors are all switched off, and its events.
   *
   * @returns how many rows went; 0 also where a connector works.
   */
  empty(of: { readonly tenantId: string; readonly connectorId?: string }, limit: number): Promise<number>;
}

/** The functions for purges. */
export function createSystemPurgeRepository(query: SystemQuery): SystemPurgeRepository {
  return {
    claimDue(limit, leaseMs, giveUpAfterMs) {
      const attemptIds = Array.from({ length: limit }, newId);
      return query<ClaimedPurge>(Prisma.sql`
        select tenant_id::text as "tenantId", connector_id::text as "connectorId", attempt_id::text as "attemptId",
          failures, is_last as "isLast"
        from isthmus_claim_due_purges(${attemptIds}::uuid[], ${leaseMs}::float8, ${giveUpAfterMs}::float8)`);
    },
    async empty({ tenantId, connectorId = null }, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_empty_connectors(${tenantId}::uuid, ${connectorId}::uuid, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
