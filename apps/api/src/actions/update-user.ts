import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { UserChanges } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { type UserView, viewUser } from "./user-view.js";

/**
 * Changes a person. Their keys follow at once.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} `LAST_ADMINISTRATOR` when callers try to take their own administrator's rights: somebody else has
 *   to, so that a tenant cannot lock itself out.
 */
export async function updateUser(
  services: Services,
  caller: Caller,
  id: string,
  changes: UserChanges,
): Promise<UserView> {
  await assertAllowed(services, caller, "users.write");
  const losesAdmin = changes.disabled === true || (changes.roles !== undefined && !changes.roles.includes("admin"));
  if (id === caller.userId && losesAdmin) {
    throw new ApiError(
      "LAST_ADMINISTRATOR",
      "Nobody takes their own administrator's rights: another administrator has to.",
    );
  }
  return services.database.asTenant(caller.tenantId, async ({ users, auditEvents }) => {
    const row = await users.update(id, changes);
    const details = { ...changes };
    await auditEvents.append(
      auditOf(caller, { action: "user.updated", targetType: "user", targetId: id, outcome: "success", details }),
    );
    return viewUser(row);
  });
}
