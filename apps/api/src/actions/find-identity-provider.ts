import { NotFoundError } from "@isthmus/core";
import type { IdentityProviderRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** The identity provider of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findIdentityProvider(
  { database }: Services,
  tenantId: string,
  id: string,
): Promise<IdentityProviderRow> {
  const row = await database.asTenant(tenantId, ({ identityProviders }) => identityProviders.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such identity provider.");
}
