import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { ChangeOutcome } from "../actions/submit-change.js";
import { toEntityTag } from "./entity-tags.js";
import { changeRequestSchema } from "./schemas/change-requests.js";

/** Names the change request of an emergency beside what it has changed. */
const changeRequestHeader = "isthmus-change-request";

/** The header by which an administrator says that a change of production cannot wait. */
export const emergencySchema = z.object({
  "isthmus-emergency": z
    .string()
    .trim()
    .min(1)
    .max(500)
    .optional()
    .describe(
      "Why a change of production cannot wait, by an administrator: it is applied at once, and rolled back unless two approvers confirm it within 24 hours.",
    ),
});

/** What a route answers beside its success, where what it changes may be of production. */
export const requestedResponse = {
  202: changeRequestSchema.describe(
    "It is of production: somebody else has to approve it. Location names the request.",
  ),
};

/** Says in the headers of an answer which change request it is about, if any. */
export function nameChangeRequest(reply: FastifyReply, outcome: ChangeOutcome<unknown>): void {
  if (outcome.outcome === "requested") {
    const { id, version } = outcome.request;
    reply.header("location", `/v1/change-requests/${id}`).header("etag", toEntityTag(version));
  } else if (outcome.changeRequestId !== undefined) {
    reply.header(changeRequestHeader, `/v1/change-requests/${outcome.changeRequestId}`);
  }
}
