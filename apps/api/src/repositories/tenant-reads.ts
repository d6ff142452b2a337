import { Prisma } from "../generated/prisma/client.js";
import { connectorColumns } from "./connector-columns.js";
import type { ConnectorRow } from "./connectors.js";
import { type ScopedSql, scopedSql, type TenantId } from "./scope.js";

/** Runs one read in a transaction of its own that acts for a tenant. */
export type TenantQuery = <Row extends object>(statement: ScopedSql) => Promise<Row[]>;

/** The few reads of a tenant that stand in the way of every request. Everything else is a unit of work's. */
export interface TenantReads {
  /** What `ConnectorRepository.findById` finds. */
  findConnector(id: string): Promise<ConnectorRow | undefined>;
}

/** The reads of one tenant. Nothing is found where the transaction does not act for a tenant, whoever its session belongs to. */
export function createTenantReads(tenantId: string, query: TenantQuery): TenantReads {
  const own = tenantId as TenantId;
  return {
    async findConnector(id) {
      const [row] = await query<ConnectorRow>(scopedSql`
        select ${connectorColumns} from (
          select connector from connectors connector
          where connector.tenant_id = ${own}::uuid and connector.id = ${id}::uuid and connector.deleted_at is null
            and ${actsForTenant}
        ) as found`);
      return row;
    },
  };
}

/** Whether the transaction acts for a tenant, as SQL: the session it goes to may be one of somebody who sees more. */
export const actsForTenant: Prisma.Sql = Prisma.sql`current_setting('role') = 'isthmus_app'`;
