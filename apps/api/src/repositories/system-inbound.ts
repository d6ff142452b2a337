import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject, SystemQuery } from "./client.js";
import type { ConnectorEnvironment } from "./connectors.js";

/** Whose an endpoint is, and what proves its deliveries. */
export interface InboundRoute {
  readonly tenantId: string;
  readonly environment: ConnectorEnvironment;
  /** Sealed; `null` = none. */
  readonly secrets: JsonObject | null;
  /** The tenant's data key for new values; `null` before its first one. */
  readonly activeKeyId: string | null;
}

/** Deliveries, before their tenant is known and when nobody needs them any more. */
export interface SystemInboundRepository {
  /** @returns `undefined` when there is no such endpoint of this type, or it is switched off. */
  findEndpoint(type: string, endpointId: string): Promise<InboundRoute | undefined>;
  /** Removes deliveries that came so long ago, with their events; `limit` at most. @returns How many. */
  prune(keptForMs: number, limit: number): Promise<number>;
}

/** The functions for deliveries. */
export function createSystemInboundRepository(query: SystemQuery): SystemInboundRepository {
  return {
    async findEndpoint(type, endpointId) {
      const [row] = await query<InboundRoute>(Prisma.sql`
        select tenant_id::text as "tenantId", environment, secrets, active_key_id::text as "activeKeyId"
        from isthmus_find_inbound_endpoint(${type}, ${endpointId}::uuid)`);
      return row;
    },
    async prune(keptForMs, limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_inbound(${keptForMs}::float8, ${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
