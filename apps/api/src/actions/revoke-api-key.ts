import { NotFoundError } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller, isAllowed } from "../authorization/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";

/** Withdraws a key, from the next request on. Doing it twice is the same as once. @throws {NotFoundError} */
export async function revokeApiKey(services: Services, caller: Caller, id: string): Promise<void> {
  await assertAllowed(services, caller, "api-keys.own");
  using digester = await RowDigester.take(services, caller.tenantId);
  await services.database.asTenant(caller.tenantId, async ({ apiKeys, auditEvents }) => {
    const row = await apiKeys.findById(id);
    // Other people's keys are not to be seen here, so they are not there.
    const visible = row !== undefined && (row.userId === caller.userId || isAllowed(caller.roles, "api-keys.all"));
    if (!visible) throw new NotFoundError("There is no such API key.");
    if (!(await apiKeys.revoke(id))) return;
    const change = { before: row, after: await apiKeys.findById(id) };
    await auditEvents.append(
      auditOf(caller, {
        action: "api_key.revoked",
        targetType: "api_key",
        targetId: id,
        outcome: "success",
        details: { prefix: row.prefix, ...digester.of("api_keys", id, change) },
      }),
    );
  });
}
