import type { Role, TenantRepositories, UserRow } from "../repositories/index.js";

/**
 * What somebody may do now who asked for something before, and is not here to prove it: with their API keys, and by the last
 * token that they came with, as long as its issuer is trusted. Nobody may anything who is disabled.
 */
export async function rolesOfRequester(
  { identityProviders }: Pick<TenantRepositories, "identityProviders">,
  user: UserRow | undefined,
): Promise<readonly Role[]> {
  if (user?.disabledAt !== null) return [];
  const provider = user.identity && (await identityProviders.findByIssuer(user.identity.issuer));
  return provider?.isEnabled ? [...user.roles, ...user.identityRoles] : user.roles;
}
