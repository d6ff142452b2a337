import type { Database } from "../database/index.js";
import { type AuditChainReads, platformId } from "../repositories/index.js";

/**
 * Reads a chain in one unit of work.
 *
 * @param tenantId - Whose; {@link platformId} = the platform's own.
 */
export function readChain<Result>(
  database: Database,
  tenantId: string,
  read: (chain: AuditChainReads) => Promise<Result>,
): Promise<Result> {
  return tenantId === platformId
    ? database.asSystem(({ platformChain }) => read(platformChain))
    : database.asTenant(tenantId, ({ auditChain }) => read(auditChain));
}
