import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { identityProviderAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findIdentityProvider } from "./find-identity-provider.js";

/**
 * Takes no tokens of an identity provider any more, from the next request on. Its people stay, and are who they were when it
 * is added again.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at the one that it has now.
 * @throws {NotFoundError}
 * @throws {ApiError} `PRECONDITION_FAILED`, `FORBIDDEN`.
 */
export async function deleteIdentityProvider(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
): Promise<void> {
  await assertAllowed(services, caller, "identity-providers.write");
  const row = await findIdentityProvider(services, caller.tenantId, id);
  using digester = await RowDigester.take(services, caller.tenantId);
  await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async ({ identityProviders, auditEvents }) => {
      const details = { issuer: row.issuer, ...digester.of("identity_providers", id, { before: row }) };
      await identityProviders.remove(id, expectedVersion ?? row.version);
      await auditEvents.append(identityProviderAudit(caller, "identity_provider.deleted", id, details));
    }),
  );
}
