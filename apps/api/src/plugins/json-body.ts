import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../errors/index.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON is the only media type of bodies that routes do not read by themselves; an empty body that calls itself JSON is no body, as many clients send it. */
export function acceptEmptyJson(app: FastifyInstance): void {
  // "error": keys such as __proto__ are refused, not passed on.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  // As bytes: decoded by Fastify, a byte that is no UTF-8 would silently become another character.
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    const text = decode(body);
    if (text === undefined) done(new ApiError("MALFORMED_JSON", "The body is not UTF-8."));
    else parse(request, text, done);
  });
}

/** Parses the bytes of a JSON body as {@link acceptEmptyJson} does. @throws {ApiError} `MALFORMED_JSON` */
export function parseJsonBody(request: FastifyRequest, body: Buffer): Promise<unknown> {
  const parse = request.server.getDefaultJsonParser("error", "error");
  const text = decode(body);
  if (body.length === 0) return Promise.resolve(undefined);
  if (text === undefined) return Promise.reject(new ApiError("MALFORMED_JSON", "The body is not UTF-8."));
  return new Promise((resolve, reject) => {
    parse(request, text, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
