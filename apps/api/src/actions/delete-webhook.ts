import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { webhookAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findWebhook } from "./find-webhook.js";

/**
 * Deletes a webhook with its secrets and all that it was told, or was still to be.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at the one that it has now.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `FORBIDDEN`.
 */
export async function deleteWebhook(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await assertAllowed(services, caller, "webhooks.write");
  const row = await findWebhook(services, caller.tenantId, id);
  using digester = await RowDigester.take(services, caller.tenantId);
  await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async ({ webhookEndpoints, auditEvents }) => {
      const details = { host: new URL(row.url).host, ...digester.of("webhook_endpoints", id, { before: row }) };
      await webhookEndpoints.remove(id, expectedVersion ?? row.version);
      await auditEvents.append(webhookAudit(caller, "webhook.deleted", id, details));
    }),
  );
}
