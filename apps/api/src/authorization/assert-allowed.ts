import { auditOf } from "../actions/audit.js";
import { unwatched } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";
import { isAllowed, type Permission, rolesFor } from "./permissions.js";
import type { Caller } from "./principal.js";

/**
 * Ends an action that the caller has no role for. The refusal is audited.
 *
 * @param why - A sentence for those who would not expect it. Default: none.
 * @throws {ApiError} `FORBIDDEN`, naming the roles that would do.
 */
export async function assertAllowed(
  services: Services,
  caller: Caller,
  permission: Permission,
  why?: string,
): Promise<void> {
  if (isAllowed(caller.roles, permission)) return;
  const denial = auditOf(caller, { action: permission, targetType: "permission", outcome: "denied" });
  await unwatched(() => services.database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(denial)));
  const needed = `This needs one of the roles ${rolesFor(permission).join(", ")}.`;
  throw new ApiError("FORBIDDEN", why === undefined ? needed : `${needed} ${why}`);
}
