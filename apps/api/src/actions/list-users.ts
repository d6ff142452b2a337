import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";
import { type UserView, viewUser } from "./user-view.js";

/** The people of the caller's tenant, oldest first. */
export async function listUsers(
  services: Services,
  caller: Caller,
  request: ListRequest,
): Promise<ListAnswer<UserView>> {
  await assertAllowed(services, caller, "users.read");
  const page = toPageRequest(request);
  return toListAnswer(await services.database.asTenant(caller.tenantId, ({ users }) => users.list(page)), viewUser);
}
