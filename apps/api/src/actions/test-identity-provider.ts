import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { fetchKeys } from "../sign-in/published-keys.js";
import { identityProviderAudit } from "./audit.js";
import { findIdentityProvider } from "./find-identity-provider.js";

/** A public key of a provider, as it describes it. */
export interface PublishedKeyView {
  readonly keyId: string | null;
  /** Such as `RSA`. */
  readonly type: string | null;
  readonly algorithm: string | null;
  /** `sig` or `enc`. */
  readonly use: string | null;
}

/**
 * Asks an identity provider for its keys, now, and says which there are. Changes nothing of what tokens are proven with.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE`, saying why.
 */
export async function testIdentityProvider(
  services: Services,
  caller: Caller,
  id: string,
): Promise<{ readonly keys: PublishedKeyView[] }> {
  await assertAllowed(services, caller, "identity-providers.write");
  const { database, settings, logger } = services;
  const { jwksUri } = await findIdentityProvider(services, caller.tenantId, id);
  const { keys } = await fetchKeys({ allowedPrivateHosts: settings.allowedPrivateHosts, logger }, jwksUri);
  await database.asTenant(caller.tenantId, ({ auditEvents }) =>
    auditEvents.append(
      identityProviderAudit(caller, "identity_provider.tested", id, { jwksUri, keyCount: keys.length }),
    ),
  );
  return {
    keys: keys.map(({ kid, kty, alg, use }) => ({
      keyId: textOf(kid),
      type: textOf(kty),
      algorithm: textOf(alg),
      use: textOf(use),
    })),
  };
}

/** What the provider says is its business, and need not be text. */
function textOf(value: unknown): string | null {
  return typeof value === "string" ? value.slice(0, 255) : null;
}
