import type { HealthState } from "../generated/prisma/client.js";
import { toJson } from "./client.js";
import type { TenantScope } from "./scope.js";

export type { HealthState };

/** Why a connector is not healthy. */
export interface HealthReason {
  /** How bad that is by itself. */
  readonly state: HealthState;
  /** `CALLS_FAIL`, `SYNC_LATE`, …: docs/health.md has them. */
  readonly code: string;
  readonly detail: string;
}

/** What a look finds. */
export interface HealthFacts {
  /** The connector's status. */
  readonly connection: string;
  /** That of its tokens; `null` = it has none. */
  readonly token: string | null;
  /** Failed renewals in a row. */
  readonly tokenFailures: number;
  /** ISO 8601. */
  readonly tokenExpiresAt: string | null;
  /** Calls of the window that went well. */
  readonly succeeded: number;
  /** Calls of the window that failed. */
  readonly failed: number;
  /** Most failures in a row of a run that goes on. */
  readonly runFailures: number;
  /** Active schedules whose last run failed. */
  readonly failedSchedules: number;
  /** Seconds by which a schedule is late at the most. */
  readonly lateSeconds: number;
}

/** What vendors said last of their limits, by the vendor's names. `at` is ISO 8601. */
export type HealthLimits = Readonly<
  Record<string, { readonly used: number; readonly max: number; readonly at: string }>
>;

/** How a connector is, as it was last looked at. */
export interface ConnectorHealthRow {
  readonly state: HealthState | null;
  readonly since: Date | null;
  readonly reasons: readonly HealthReason[];
  /** `{}` before the first look. */
  readonly facts: Partial<HealthFacts>;
  readonly limits: HealthLimits;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  readonly lastFailureCode: string | null;
  readonly checkedAt: Date | null;
}

/** What a look leaves. */
export interface HealthLanding {
  readonly state: HealthState;
  readonly seenState: HealthState | null;
  readonly seenTimes: number;
  readonly reasons: readonly HealthReason[];
  /** Whether `state` is another one than before. */
  readonly isChanged: boolean;
}

/** How the connectors of one tenant are. */
export interface ConnectorHealthRepository {
  /** @returns `undefined` when nobody has looked at it, and nothing has been called. */
  find(connectorId: string): Promise<ConnectorHealthRow | undefined>;
  /** @returns whether it was stored: not when somebody has looked since `checkedAt`. */
  land(connectorId: string, checkedAt: Date, landing: HealthLanding): Promise<boolean>;
}

/** How the connectors of the tenant of `scope` are. */
export function createConnectorHealthRepository({ client, tenantId }: TenantScope): ConnectorHealthRepository {
  return {
    async find(connectorId) {
      const [row] = await client.$queryRaw<ConnectorHealthRow[]>`
        select h.state::text as state, h.since, h.reasons, h.facts, h.limits, h.last_success_at as "lastSuccessAt",
          h.last_failure_at as "lastFailureAt", h.last_failure_code as "lastFailureCode", h.checked_at as "checkedAt"
        from connector_health h where h.tenant_id = ${tenantId}::uuid and h.connector_id = ${connectorId}::uuid`;
      return row;
    },
    async land(connectorId, checkedAt, { isChanged, reasons, ...landing }) {
      const { count } = await client.connectorHealth.updateMany({
        where: { tenantId, connectorId, checkedAt },
        data: { ...landing, reasons: reasons.map(toJson), ...(isChanged && { since: checkedAt }) },
      });
      return count === 1;
    },
  };
}
