import type { Services } from "../services.js";
import { viewAuditEvent } from "./list-audit-events.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/**
 * The platform's audit, newest first.
 *
 * @param tenantId - Instead of it the audit of this tenant, which outlives the tenant.
 */
export async function listPlatformEvents(
  { database }: Services,
  { tenantId, ...request }: ListRequest & { readonly tenantId?: string | undefined },
) {
  const page = toPageRequest(request);
  const rows =
    tenantId === undefined
      ? await database.asSystem(({ events }) => events.listPlatform(page))
      : await database.asTenant(tenantId, ({ auditEvents }) => auditEvents.list({}, page));
  return toListAnswer(rows, viewAuditEvent);
}
