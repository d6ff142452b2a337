import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { inboundAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findInboundEndpoint } from "./find-inbound-endpoint.js";

/**
 * Deletes an inbound endpoint with its secrets and all that came to it.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at the one that it has now.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `APPROVAL_UNAVAILABLE`, `FORBIDDEN`.
 */
export async function deleteInboundEndpoint(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  const { tenantId } = caller;
  const row = await findInboundEndpoint(services, tenantId, id);
  assertSandbox(row.environment);
  await withConflicts(() =>
    services.database.asTenant(tenantId, async ({ inboundEndpoints, auditEvents }) => {
      await inboundEndpoints.remove(id, expectedVersion ?? row.version);
      const details = { type: row.connectorType, name: row.name };
      await auditEvents.append(inboundAudit(caller, "inbound_endpoint.deleted", id, details));
    }),
  );
}
