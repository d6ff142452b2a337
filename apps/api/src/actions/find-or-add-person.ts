import { UniqueViolationError } from "../database/index.js";
import type { IdentityProviderRow, NewAuditEvent, Role, TenantRepositories, UserRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { readProfile } from "../sign-in/claims.js";
import type { RefusalReason } from "../sign-in/refusals.js";
import type { VerifiedToken } from "../sign-in/verify-token.js";

const remedies: Partial<Record<RefusalReason, string>> = {
  no_role: "Ask for a role there, or ask an administrator here what stands for one.",
  email_taken:
    "Nobody is taken for somebody else by an address: an administrator can give that person your identity (PATCH /v1/users/{id}).",
};

/** A token is good, and whoever it speaks of is not let in. */
export class PersonRefusedError extends Error {
  override readonly name = "PersonRefusedError";
  readonly reason: RefusalReason;
  /** Where they are known. */
  readonly userId: string | undefined;

  constructor(reason: RefusalReason, userId?: string) {
    super(`A person is not let in: ${reason}.`);
    this.reason = reason;
    this.userId = userId;
  }

  /** What can be done about it, in a sentence. */
  get remedy(): string {
    return remedies[this.reason] ?? "Ask an administrator.";
  }
}

/**
 * The user that a token speaks of, by its issuer and subject. Where the tenant wants it, one who is not known yet is added,
 * without roles of their own: two requests at one moment find the same user.
 *
 * @param roles - Those that the token brings. One is needed. They are noted for what the person asks for and others decide.
 * @param auditOf - What the audit is to say of it, in the same unit of work; `undefined` = nothing.
 * @throws {PersonRefusedError}
 */
export async function findOrAddPerson(
  { database }: Services,
  provider: IdentityProviderRow,
  token: VerifiedToken,
  roles: readonly Role[],
  auditOf: (user: UserRow) => NewAuditEvent | undefined,
): Promise<UserRow> {
  const identity = { issuer: provider.issuer, subject: token.subject };
  if (roles.length === 0) {
    await database.asTenant(provider.tenantId, ({ users }) => users.noteIdentityRoles(identity, []));
    throw new PersonRefusedError("no_role");
  }
  const enter = (add: boolean) =>
    database.asTenant(provider.tenantId, async (work) => {
      const known = await work.users.findByIdentity(identity);
      if (known && known.disabledAt !== null) throw new PersonRefusedError("user_disabled", known.id);
      if (!known && !add) return undefined;
      const user = known ?? (await addPerson(work, provider, token));
      const event = auditOf(user);
      if (event) await work.auditEvents.append(event);
      if (!isSame(user.identityRoles, roles)) await work.users.noteIdentityRoles(identity, roles);
      return user;
    });
  try {
    const user = await enter(true);
    if (user) return user;
  } catch (error) {
    if (!(error instanceof UniqueViolationError)) throw error;
  }
  // Either this person came in by another request in the same moment, or somebody else has their address.
  const user = await enter(false);
  if (user) return user;
  throw new PersonRefusedError("email_taken");
}

function isSame(left: readonly Role[], right: readonly Role[]): boolean {
  return left.length === right.length && left.every((role, index) => role === right[index]);
}

async function addPerson(
  { users, auditEvents }: TenantRepositories,
  provider: IdentityProviderRow,
  { subject, claims }: VerifiedToken,
): Promise<UserRow> {
  if (!provider.createsUsers) throw new PersonRefusedError("unknown_person");
  const { email, isEmailUnverified, name } = readProfile(claims, provider);
  if (email === undefined) throw new PersonRefusedError("email_missing");
  if (isEmailUnverified) throw new PersonRefusedError("email_unverified");
  const identity = { issuer: provider.issuer, subject };
  const user = await users.create({ email, name: name ?? email, roles: [], identity });
  await auditEvents.append({
    action: "user.created",
    targetType: "user",
    targetId: user.id,
    outcome: "success",
    details: { roles: [], identity, providerId: provider.id },
  });
  return user;
}
