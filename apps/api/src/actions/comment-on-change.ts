import { ConflictError, NotFoundError } from "@isthmus/core";
import { byCaller, tellOfChange } from "../approval/tell.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { viewComment } from "./change-request-view.js";

/** A talk has an end, and a request is read with all of it. */
const mostComments = 200;

/**
 * Says something about a change request, decided or not. Its version counts up: an approver sees what was said before they
 * decide.
 *
 * @throws {NotFoundError} also for another tenant's.
 * @throws {ConflictError} when there are 200 comments.
 */
export async function commentOnChange(services: Services, caller: Caller, id: string, text: string) {
  await assertAllowed(services, caller, "change-requests.comment");
  return services.database.asTenant(caller.tenantId, async (repositories) => {
    const { changeRequests, changeComments } = repositories;
    const row = await changeRequests.touch(id);
    if (row === undefined) throw new NotFoundError("There is no such change request.");
    if ((await changeComments.list(id)).length >= mostComments) {
      throw new ConflictError(`A change request has ${mostComments} comments at the most.`);
    }
    const comment = await changeComments.add({ changeRequestId: id, createdBy: caller.userId, text });
    await tellOfChange(repositories, byCaller(caller), "commented", row, { commentId: comment.id });
    return viewComment(comment);
  });
}
