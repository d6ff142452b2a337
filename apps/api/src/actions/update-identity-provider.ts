import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { IdentityProviderSettings } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertReachable } from "../sign-in/fetch-document.js";
import { identityProviderAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findIdentityProvider } from "./find-identity-provider.js";
import { type IdentityProviderView, viewIdentityProvider } from "./identity-provider-view.js";

/**
 * Changes an identity provider, from the next request on. Its issuer stays: people are bound to it.
 *
 * @param changes - What is missing stays.
 * @throws {NotFoundError}
 * @throws {ForbiddenTargetError} for an address of keys that may not be asked.
 * @throws {ApiError} `PRECONDITION_FAILED` when it is not at `expectedVersion` any more.
 */
export async function updateIdentityProvider(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  changes: Partial<IdentityProviderSettings>,
): Promise<IdentityProviderView> {
  await assertAllowed(services, caller, "identity-providers.write");
  const { database, settings, logger } = services;
  if (changes.jwksUri !== undefined) {
    await assertReachable({ allowedPrivateHosts: settings.allowedPrivateHosts, logger }, changes.jwksUri);
  }
  const row = await findIdentityProvider(services, caller.tenantId, id);
  using digester = await RowDigester.take(services, caller.tenantId);
  const updated = await withConflicts(() =>
    database.asTenant(caller.tenantId, async ({ identityProviders, auditEvents }) => {
      const changed = await identityProviders.update(id, expectedVersion, { ...row, ...changes });
      const digests = digester.of("identity_providers", id, { before: row, after: changed });
      const details = { issuer: changed.issuer, ...changes, ...digests };
      await auditEvents.append(identityProviderAudit(caller, "identity_provider.updated", id, details));
      return changed;
    }),
  );
  return viewIdentityProvider(updated);
}
