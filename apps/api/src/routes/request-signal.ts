import type { FastifyReply } from "fastify";
import type { Services } from "../services.js";

/**
 * Ends the work of a request whose caller has gone, or that outlasts the service's own end. For reading only: a write that
 * is under way is left alone, so that its outcome is known.
 */
export function readSignal(reply: FastifyReply, { ending }: Services): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort(new Error("The caller has gone."));
  });
  return AbortSignal.any([gone.signal, ending]);
}
