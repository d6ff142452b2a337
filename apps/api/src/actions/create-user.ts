import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { NewUser } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { assertIssuerKnown } from "./update-user.js";
import { type UserView, viewUser } from "./user-view.js";

/**
 * Adds a person to the caller's tenant.
 *
 * @throws {ConflictError} when the tenant has one with this address or identity.
 * @throws {ValidationError} when the identity is of an issuer that the tenant does not know.
 */
export async function createUser(services: Services, caller: Caller, user: NewUser): Promise<UserView> {
  await assertAllowed(services, caller, "users.write");
  using digester = await RowDigester.take(services, caller.tenantId);
  return await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async (work) => {
      const { users, auditEvents } = work;
      if (user.identity) await assertIssuerKnown(work, user.identity);
      const row = await users.create(user);
      const identity = row.identity && { identity: row.identity };
      const details = { roles: row.roles, ...identity, ...digester.of("users", row.id, { after: row }) };
      await auditEvents.append(
        auditOf(caller, { action: "user.created", targetType: "user", targetId: row.id, outcome: "success", details }),
      );
      return viewUser(row);
    }),
  );
}
