import { newId } from "../database/index.js";
import { createApiKey } from "../keys/api-key.js";
import type { Services } from "../services.js";

/** A new tenant and its first administrator. */
export interface CreateTenantInput {
  readonly name: string;
  readonly administrator: { readonly name: string; readonly email: string };
}

/** Makes a tenant with its first administrator, and that one's first key: the answer is the only time it is shown. */
export async function createTenant({ database, random, clock }: Services, input: CreateTenantInput) {
  const { key, prefix, hash } = createApiKey(random);
  const email = input.administrator.email.toLowerCase();
  const tenant = { id: newId(), name: input.name };
  const user = { id: newId(), email, name: input.administrator.name, roles: ["admin"] as const };
  const apiKey = { id: newId(), name: "First key", prefix };
  await database.asSystem((system) => system.createTenant({ ...tenant, user, apiKey: { ...apiKey, hash } }));
  const createdAt = new Date(clock.now()).toISOString();
  return {
    tenant: { ...tenant, createdAt },
    administrator: { id: user.id, name: user.name, email },
    apiKey: { ...apiKey, key },
  };
}
