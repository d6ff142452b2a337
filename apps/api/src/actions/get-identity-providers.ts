import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findIdentityProvider } from "./find-identity-provider.js";
import { type IdentityProviderView, viewIdentityProvider } from "./identity-provider-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** Reads one. @throws {NotFoundError} */
export async function getIdentityProvider(
  services: Services,
  caller: Caller,
  id: string,
): Promise<IdentityProviderView> {
  await assertAllowed(services, caller, "identity-providers.read");
  return viewIdentityProvider(await findIdentityProvider(services, caller.tenantId, id));
}

/** The identity providers of the caller's tenant, oldest first. */
export async function listIdentityProviders(
  services: Services,
  caller: Caller,
  request: ListRequest,
): Promise<ListAnswer<IdentityProviderView>> {
  await assertAllowed(services, caller, "identity-providers.read");
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, (work) => work.identityProviders.list(page));
  return toListAnswer(found, viewIdentityProvider);
}
