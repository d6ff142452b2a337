import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { UserChanges, UserRepository } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { type UserView, viewUser } from "./user-view.js";

/**
 * Changes a person. Their keys follow at once.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} `LAST_ADMINISTRATOR` when callers try to take their own administrator's rights: somebody else has
 *   to, so that a tenant cannot lock itself out. `FORBIDDEN` when theirs were taken in this very moment.
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
  using digester = await RowDigester.take(services, caller.tenantId);
  return await services.database.asTenant(caller.tenantId, async ({ users, auditEvents }) => {
    if (losesAdmin) await assertStillAdministrator(users, caller);
    const before = await users.findById(id);
    const row = await users.update(id, changes);
    const details = { ...changes, ...digester.of("users", id, { before, after: row }) };
    await auditEvents.append(
      auditOf(caller, { action: "user.updated", targetType: "user", targetId: id, outcome: "success", details }),
    );
    return viewUser(row);
  });
}

/**
 * Whoever takes an administrator's rights is one while it happens, and keeps theirs: so one is left, whatever others do at
 * the same time.
 */
async function assertStillAdministrator(users: UserRepository, { userId }: Caller): Promise<void> {
  if ((await users.lockAdministrators()).includes(userId)) return;
  throw new ApiError("FORBIDDEN", "Your administrator's rights were taken meanwhile, so nothing was changed.");
}
