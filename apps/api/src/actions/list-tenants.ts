import type { Services } from "../services.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** Every tenant, oldest first. For the platform, not for a tenant's user. */
export async function listTenants({ database }: Services, request: ListRequest) {
  const page = toPageRequest(request);
  return toListAnswer(await database.asSystem((system) => system.listTenants(page)), ({ id, name, createdAt }) => ({
    id,
    name,
    createdAt: createdAt.toISOString(),
  }));
}
