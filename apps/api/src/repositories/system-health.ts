import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";
import type { HealthFacts, HealthLimits, HealthReason, HealthState } from "./connector-health.js";

/** What a process has counted of a connector. */
export interface ConnectorTally {
  readonly tenantId: string;
  readonly connectorId: string;
  readonly succeeded: number;
  readonly failed: number;
  /** Code of the last failure. */
  readonly failureCode: string | null;
  readonly limits: HealthLimits;
}

/** A connector that was looked at, with what was known of it before. */
export interface ClaimedHealth {
  readonly tenantId: string;
  readonly connectorId: string;
  readonly state: HealthState | null;
  readonly seenState: HealthState | null;
  readonly seenTimes: number;
  readonly reasons: readonly HealthReason[];
  readonly facts: HealthFacts;
  readonly limits: HealthLimits;
  /** Database clock. */
  readonly checkedAt: Date;
}

/** How connectors of all tenants are. Times go by the database clock. */
export interface SystemHealthRepository {
  /** Adds what a process has counted. */
  add(tallies: readonly ConnectorTally[]): Promise<void>;
  /** Looks at connectors whose turn it is, `limit` at most: their next turn comes after `everyMs`. */
  claim(limit: number, everyMs: number, windowMs: number): Promise<readonly ClaimedHealth[]>;
}

/** The functions for health. */
export function createSystemHealthRepository(query: SystemQuery): SystemHealthRepository {
  return {
    async add(tallies) {
      const rows = tallies.map(({ tenantId, connectorId, failureCode, ...rest }) => ({
        tenant_id: tenantId,
        connector_id: connectorId,
        failure_code: failureCode,
        ...rest,
      }));
      await query(Prisma.sql`select isthmus_note_outcomes(${JSON.stringify(rows)}::jsonb) as taken`);
    },
    claim: (limit, everyMs, windowMs) =>
      query<ClaimedHealth>(Prisma.sql`
        select tenant_id::text as "tenantId", connector_id::text as "connectorId", state, seen_state as "seenState",
          seen_times as "seenTimes", reasons, facts, limits, checked_at as "checkedAt"
        from isthmus_claim_health(${limit}::integer, ${everyMs}::float8, ${windowMs}::float8)`),
  };
}
