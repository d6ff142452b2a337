import { Prisma } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";

/** Idempotency keys of all tenants. */
export interface SystemIdempotencyRepository {
  /** Removes keys that are free again, `limit` at most. @returns How many. */
  prune(limit: number): Promise<number>;
}

/** The functions for idempotency keys. */
export function createSystemIdempotencyRepository(query: SystemQuery): SystemIdempotencyRepository {
  return {
    async prune(limit) {
      const [row] = await query<{ removed: number }>(Prisma.sql`
        select isthmus_prune_idempotency_keys(${limit}::integer) as removed`);
      return row?.removed ?? 0;
    },
  };
}
