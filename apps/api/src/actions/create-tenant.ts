import { newId } from "../database/index.js";
import { createApiKey } from "../keys/api-key.js";
import type { Services } from "../services.js";

/** A new tenant and its first administrator. */
export interface CreateTenantInput {
  readonly name: string;
  readonly administrator: { readonly name: string; readonly email: string };
}

/**
 * Makes a tenant with its first administrator, and that one's first key: the answer is the only time it is shown. The
 * tenant's audit begins with it.
 *
 * @param request - Who asked with the platform key, as far as that is known: the key is nobody's of a tenant.
 */
export async function createTenant(
  { database, random, clock }: Services,
  request: { readonly id: string; readonly ip: string },
  input: CreateTenantInput,
) {
  const { key, prefix, hash } = createApiKey(random);
  const email = input.administrator.email.toLowerCase();
  const tenant = { id: newId(), name: input.name };
  const user = { id: newId(), email, name: input.administrator.name, roles: ["admin"] as const };
  const apiKey = { id: newId(), name: "First key", prefix };
  const { id, ip } = request;
  await database.asSystem((system) =>
    system.createTenant({ ...tenant, user, apiKey: { ...apiKey, hash }, request: { id, ip } }),
  );
  const createdAt = new Date(clock.now()).toISOString();
  return {
    tenant: { ...tenant, createdAt },
    administrator: { id: user.id, name: user.name, email },
    apiKey: { ...apiKey, key },
  };
}
