import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";

declare module "fastify" {
  interface FastifyRequest {
    /** SHA-256 of the body of a request with an Idempotency-Key, hexadecimal; `null` where there is none. */
    bodyHash: string | null;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON is the only media type of bodies that routes do not read by themselves; an empty body that calls itself JSON is no body, as many clients send it. */
export function acceptEmptyJson(app: FastifyInstance): void {
  // "error": keys such as __proto__ are refused, not passed on.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.decorateRequest("bodyHash", null);
  // As bytes: decoded by Fastify, a byte that is no UTF-8 would silently become another character.
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    // Of the bytes: two texts may mean the same to a parser, and not to a person who looks for a mistake.
    if (request.headers["idempotency-key"] !== undefined) request.bodyHash = sha256Hex(body);
    const refusal = refusalOf(request);
    if (refusal !== undefined) done(refusal);
    else if (body.length === 0) done(null, undefined);
    else {
      const text = decode(body);
      if (text === undefined) done(new ApiError("MALFORMED_JSON", "The body is not UTF-8."));
      else parse(request, text, done);
    }
  });
}

/**
 * Parses the bytes of a JSON body as {@link acceptEmptyJson} does.
 *
 * @throws {ApiError} `MALFORMED_JSON`, `UNSUPPORTED_MEDIA_TYPE`.
 */
export function parseJsonBody(request: FastifyRequest, body: Buffer): Promise<unknown> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) return Promise.reject(refusal);
  const parse = request.server.getDefaultJsonParser("error", "error");
  const text = decode(body);
  if (body.length === 0) return Promise.resolve(undefined);
  if (text === undefined) return Promise.reject(new ApiError("MALFORMED_JSON", "The body is not UTF-8."));
  return new Promise((resolve, reject) => {
    parse(request, text, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** One JSON value of a text, read as {@link acceptEmptyJson} does; `undefined` when it is none. */
export function parseStrictly(request: FastifyRequest, text: string): { readonly value: unknown } | undefined {
  const found: { readonly value: unknown }[] = [];
  request.server.getDefaultJsonParser("error", "error")(request, text, (error, value) => {
    if (!error) found.push({ value });
  });
  return found[0];
}

/** @throws {ApiError} `UNSUPPORTED_MEDIA_TYPE` where a body is packed, or of another character set than UTF-8. */
export function assertBodyAsIs(request: FastifyRequest): void {
  const refusal = refusalOf(request);
  if (refusal !== undefined) throw refusal;
}

/**
 * Why a body is not read as the JSON that it calls itself: what is packed would be read as it is by one and unpacked by
 * another, and so would text of another character set. RFC 8259 knows UTF-8 only.
 */
function refusalOf({ headers }: FastifyRequest): ApiError | undefined {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    return new ApiError("UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, without Content-Encoding.");
  }
  const charsets = headers["content-type"]?.matchAll(/;\s*charset\s*=\s*"?([^\s";]*)/gi) ?? [];
  const isUtf8 = [...charsets].every(([, charset]) => /^utf-?8$/i.test(charset ?? ""));
  return isUtf8 ? undefined : new ApiError("UNSUPPORTED_MEDIA_TYPE", "Send JSON in UTF-8.");
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
