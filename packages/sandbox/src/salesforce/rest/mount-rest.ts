import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { readMultipartBody } from "../blobs/multipart-body.js";
import type { RestAnswer, RestCall } from "./rest-call.js";
import type { RestTable } from "./rest-table.js";

/** Lets the server answer every call of the table. */
export function mountRest(api: FastifyInstance, table: RestTable): void {
  for (const { method, pattern, handler } of table.routes()) {
    api.route<{ Params: Record<string, string>; Querystring: Record<string, string | string[]> }>({
      method,
      url: pattern,
      handler: async (request, reply) => {
        const { params } = request;
        // A parameter that comes twice counts once, as the last.
        const query = Object.fromEntries(
          Object.entries(request.query).map(([name, value]) => [name, [value].flat().at(-1)]),
        );
        return sendAnswer(reply, handler({ ...describeCall(request), params, query }));
      },
    });
  }
}

/** What a handler needs of a request, but for the path's and the query's parameters. */
export function describeCall(request: FastifyRequest): Omit<RestCall, "params" | "query"> {
  return {
    method: request.method,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    ...readBody(request),
    userId: request.salesforceUserId,
    version: request.salesforceVersion,
  };
}

function readBody(request: FastifyRequest): Pick<RestCall, "text" | "uploads"> {
  if (Buffer.isBuffer(request.body)) return readMultipartBody(request.body, request.headers["content-type"] ?? "");
  return { text: typeof request.body === "string" ? request.body : "", uploads: [] };
}

/** Sends what a handler answered. */
export function sendAnswer(reply: FastifyReply, answer: RestAnswer): FastifyReply {
  reply.headers(answer.headers ?? {});
  if (answer.bytes !== undefined) return reply.code(answer.status).type(answer.bytes.type).send(answer.bytes.content);
  return answer.body === undefined ? reply.code(answer.status).send() : sendJson(reply, answer.status, answer.body);
}
