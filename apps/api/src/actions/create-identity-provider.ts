import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { IdentityProviderSettings } from "../repositories/index.js";
import type { Services } from "../services.js";
import { discoverKeys } from "../sign-in/discover.js";
import { assertReachable } from "../sign-in/fetch-document.js";
import { identityProviderAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { type IdentityProviderView, viewIdentityProvider } from "./identity-provider-view.js";

/** What a tenant says of a provider whose tokens it wants to be taken. */
export interface CreateIdentityProviderInput extends Omit<IdentityProviderSettings, "jwksUri"> {
  /** `iss` of its tokens, to the letter. */
  readonly issuer: string;
  /** Default: found at the issuer, now and once. */
  readonly jwksUri?: string | undefined;
}

/**
 * Makes the tenant take the tokens of an identity provider.
 *
 * @throws {ConflictError} when it takes those of this issuer already.
 * @throws {ConnectorError} `VALIDATION_FAILED`, or `FORBIDDEN_TARGET` for an address that may not be asked.
 * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE` when its keys are to be found at the issuer, and cannot be.
 */
export async function createIdentityProvider(
  services: Services,
  caller: Caller,
  input: CreateIdentityProviderInput,
): Promise<IdentityProviderView> {
  await assertAllowed(services, caller, "identity-providers.write");
  const access = { allowedPrivateHosts: services.settings.allowedPrivateHosts, logger: services.logger };
  if (input.jwksUri !== undefined) await assertReachable(access, input.jwksUri);
  const jwksUri = input.jwksUri ?? (await discoverKeys(access, input.issuer));
  using digester = await RowDigester.take(services, caller.tenantId);
  const row = await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async ({ identityProviders, auditEvents }) => {
      const created = await identityProviders.create({ ...input, jwksUri });
      const { issuer, audience, roleMapping, createsUsers } = created;
      const digests = digester.of("identity_providers", created.id, { after: created });
      const details = { issuer, audience, jwksUri, roleMapping, createsUsers, ...digests };
      await auditEvents.append(identityProviderAudit(caller, "identity_provider.created", created.id, details));
      return created;
    }),
  );
  return viewIdentityProvider(row);
}
