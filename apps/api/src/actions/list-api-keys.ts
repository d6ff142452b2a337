import { assertAllowed, type Caller, isAllowed } from "../authorization/index.js";
import type { Services } from "../services.js";
import { type ApiKeyView, viewApiKey } from "./api-key-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The tenant's keys for an administrator, their own for everybody else. */
export async function listApiKeys(
  services: Services,
  caller: Caller,
  request: ListRequest,
): Promise<ListAnswer<ApiKeyView>> {
  await assertAllowed(services, caller, "api-keys.own");
  const page = toPageRequest(request);
  const filter = isAllowed(caller.roles, "api-keys.all") ? {} : { userId: caller.userId };
  return toListAnswer(
    await services.database.asTenant(caller.tenantId, ({ apiKeys }) => apiKeys.list(page, filter)),
    viewApiKey,
  );
}
