import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { ChangeRequestFilter, ChangeRequestRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ChangeRequestView, viewChangeRequest, viewComment } from "./change-request-view.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** The tenant's change requests, newest first, without their comments. */
export async function listChangeRequests(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: ChangeRequestFilter },
): Promise<ListAnswer<ChangeRequestView>> {
  await assertAllowed(services, caller, "change-requests.read");
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ changeRequests }) =>
    changeRequests.list(filter, page),
  );
  return toListAnswer(found, viewChangeRequest);
}

/** One change request, with what was said about it. @throws {NotFoundError} also for another tenant's. */
export async function getChangeRequest(services: Services, caller: Caller, id: string) {
  await assertAllowed(services, caller, "change-requests.read");
  const { row, comments } = await services.database.asTenant(
    caller.tenantId,
    async ({ changeRequests, changeComments }) => ({
      row: await changeRequests.findById(id),
      comments: await changeComments.list(id),
    }),
  );
  if (row === undefined) throw notThere();
  return { ...viewChangeRequest(row), comments: comments.map(viewComment) };
}

/** The change request of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findChangeRequest(
  { database }: Services,
  tenantId: string,
  id: string,
): Promise<ChangeRequestRow> {
  const row = await database.asTenant(tenantId, ({ changeRequests }) => changeRequests.findById(id));
  if (row) return row;
  throw notThere();
}

function notThere(): NotFoundError {
  return new NotFoundError("There is no such change request.");
}
