import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../authorization/index.js";
import { ApiError, type ApiErrorCode } from "../errors/index.js";
import type { Services } from "../services.js";
import { readSignal } from "./request-signal.js";

/** How long an answer goes on at the most after its caller's key was revoked. */
const lookEveryMs = 5_000;

/** With these the caller could not begin any more. Whatever else goes wrong says nothing of them. */
const endings: ReadonlySet<ApiErrorCode> = new Set<ApiErrorCode>(["UNAUTHENTICATED", "SIGN_IN_REFUSED", "FORBIDDEN"]);

/**
 * {@link readSignal} for an answer that may take as long as it likes: it ends as well, with an {@link ApiError}, when whoever asked for
 * it could not ask any more, because their key was revoked, they were disabled, or a role was taken from them.
 */
export function streamSignal(request: FastifyRequest, reply: FastifyReply, services: Services): AbortSignal {
  const over = new AbortController();
  const closed = new AbortController();
  reply.raw.once("close", () => closed.abort());
  const { caller, proveAgain } = request;
  // With the platform key there is nothing to look at: it changes with a start of the service.
  if (caller && proveAgain) {
    watch(services, caller, proveAgain, closed.signal).then(
      (failure) => failure && over.abort(failure),
      (reason: unknown) => reason, // closed
    );
  }
  return AbortSignal.any([readSignal(reply, services), over.signal]);
}

/** @returns why the caller could not begin any more. */
async function watch(
  { clock, logger }: Services,
  { roles, requestId }: Caller,
  proveAgain: () => Promise<Caller>,
  closed: AbortSignal,
): Promise<ApiError> {
  for (;;) {
    await clock.sleep(lookEveryMs, closed);
    try {
      const now = await proveAgain();
      if (roles.every((role) => now.roles.includes(role))) continue;
      return new ApiError("FORBIDDEN", "A role was taken from you while this was answered. Ask again.");
    } catch (error) {
      if (error instanceof ApiError && endings.has(error.code)) return error;
      // A database that is away for a moment ends nothing.
      logger.debug({ requestId, err: error }, "Whether the caller of a stream may go on was not found out");
    }
  }
}
