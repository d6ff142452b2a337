import type { TenantScope } from "./scope.js";

/** A customer of the service. */
export interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The tenant that a unit of work is for; others are not visible. */
export interface TenantRepository {
  /** `undefined` when the tenant was deleted meanwhile. */
  find(): Promise<TenantRow | undefined>;
}

/** The tenant of `scope`. */
export function createTenantRepository({ client, tenantId }: TenantScope): TenantRepository {
  return {
    async find() {
      return (await client.tenant.findUnique({ where: { id: tenantId } })) ?? undefined;
    },
  };
}
