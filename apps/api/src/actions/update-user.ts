import { ValidationError } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { Identity, TenantRepositories, UserChanges, UserRepository } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { type UserView, viewUser } from "./user-view.js";

/**
 * Changes a person. Their keys follow at once.
 *
 * @throws {NotFoundError}
 * @throws {ValidationError} when the identity is of an issuer that the tenant does not know.
 * @throws {ConflictError} when the identity is somebody else's.
 * @throws {ApiError} `LAST_ADMINISTRATOR` when callers try to take their own administrator's rights: somebody else has
 *   to, so that a tenant cannot lock itself out. So is it when a caller with a token takes those of the last one who has
 *   them here. `FORBIDDEN` when theirs were taken in this very moment.
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
  return await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async (work) => {
      const { users, auditEvents } = work;
      if (losesAdmin) await assertAdministratorLeft(users, caller, id);
      const before = await users.findById(id);
      // Of somebody who is not there, nothing else is said.
      if (before && changes.identity) await assertIssuerKnown(work, changes.identity);
      const row = await users.update(id, changes);
      const details = { ...changes, ...digester.of("users", id, { before, after: row }) };
      await auditEvents.append(
        auditOf(caller, { action: "user.updated", targetType: "user", targetId: id, outcome: "success", details }),
      );
      return viewUser(row);
    }),
  );
}

/** A slip in an issuer would leave a person who never gets in. @throws {ValidationError} */
export async function assertIssuerKnown(
  { identityProviders }: Pick<TenantRepositories, "identityProviders">,
  { issuer }: Identity,
): Promise<void> {
  if (await identityProviders.findByIssuer(issuer)) return;
  throw new ValidationError("There is no identity provider with this issuer.", [
    { path: "identity.issuer", message: "The issuer of one of the tenant's identity providers, to the letter." },
  ]);
}

/**
 * Whoever takes an administrator's rights is one while it happens, and keeps theirs: so one is left, whatever others do at
 * the same time. A caller with a token is one by what the identity provider says, which may be gone tomorrow with the
 * provider: then somebody else has to be left.
 */
async function assertAdministratorLeft(users: UserRepository, { userId, apiKeyId }: Caller, id: string): Promise<void> {
  const administrators = await users.lockAdministrators();
  if (apiKeyId === undefined) {
    if (administrators.some((each) => each !== id)) return;
    throw new ApiError(
      "LAST_ADMINISTRATOR",
      "One administrator has to be left who needs no identity provider: make another one first.",
    );
  }
  if (administrators.includes(userId)) return;
  throw new ApiError("FORBIDDEN", "Your administrator's rights were taken meanwhile, so nothing was changed.");
}
