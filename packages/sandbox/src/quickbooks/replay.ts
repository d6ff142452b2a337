import type { FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import type { JsonObject } from "./data/records.js";
import { QuickbooksFault } from "./errors.js";
import type { Company, StoredAnswer } from "./state.js";

/** Characters. */
const longestRequestId = 50;

/**
 * Does `work` and sends what it gives; with a `requestid` that was seen before, sends the first answer and does nothing.
 *
 * `work` must be done when it returns: between looking and storing nothing else may run, so that of two requests that
 * arrive together only one takes effect. Faults of the accounting rules are answers too; other errors are not stored.
 */
export function sendOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  company: Company,
  time: () => string,
  work: () => JsonObject,
): FastifyReply {
  const requestId = requestIdOf(request);
  const earlier = requestId === undefined ? undefined : company.replays.get(requestId);
  const answer = earlier ?? perform(time, work);
  if (requestId !== undefined && earlier === undefined) company.replays.set(requestId, answer);
  return sendJson(reply, answer.status, answer.body);
}

function perform(time: () => string, work: () => JsonObject): StoredAnswer {
  try {
    return { status: 200, body: { ...work(), time: time() } };
  } catch (error) {
    if (!(error instanceof QuickbooksFault)) throw error;
    return { status: error.status, body: { Fault: error.toFault(), time: time() } };
  }
}

function requestIdOf(request: FastifyRequest): string | undefined {
  const query: unknown = request.query;
  if (typeof query !== "object" || query === null || !("requestid" in query)) return undefined;
  const { requestid } = query;
  if (typeof requestid !== "string" || requestid === "") return undefined;
  if (requestid.length <= longestRequestId) return requestid;
  throw new QuickbooksFault(
    "2130",
    "Invalid Request Id Format",
    `The requestid may have ${longestRequestId} characters; it has ${requestid.length}.`,
  );
}
