import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import { ApiError, toProblem } from "../errors/index.js";

/** Media type of every error that the service answers. @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemMediaType = "application/problem+json";

/** Every error leaves as a problem document; what the operator has to look at is logged under the request's id. */
export const problemPlugin = fastifyPlugin((app, _options, done) => {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new ApiError("ROUTE_NOT_FOUND", "There is no such route. See /docs for those that there are."),
      request,
      reply,
    ),
  );
  done();
});

/** The problem document of an error, after logging it where the operator has to look at it. */
export function describeProblem(error: unknown, request: FastifyRequest): ReturnType<typeof toProblem> {
  const answer = toProblem(error, request.id);
  if (answer.unexpected) request.log.error({ err: error }, "A request failed unexpectedly");
  return answer;
}

/** Answers with a problem document. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem, retryAfterSeconds } = describeProblem(error, request);
  reply.header("x-request-id", request.id); // Where an address cannot be read, no hook has set it.
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  if (problem.code === "UNAUTHENTICATED") reply.header("www-authenticate", 'Bearer realm="isthmus"');
  return reply.code(problem.status).type(problemMediaType).serializer(stringify).send(problem);
}

function stringify(problem: unknown): string {
  return JSON.stringify(problem);
}
