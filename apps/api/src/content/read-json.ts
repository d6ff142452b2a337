import { fitsMediaRange } from "@isthmus/core";
import type { FastifyRequest } from "fastify";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import { parseJsonBody } from "../plugins/json-body.js";
import { assertPlainInput } from "../plugins/plain-input.js";
import { LimitedBody, tooLarge } from "./limited-body.js";

/**
 * The JSON of a request whose route takes bytes as well, so that Fastify has not read it.
 *
 * @returns `undefined` when there is no body.
 * @throws {ApiError} `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE`, `MALFORMED_JSON`.
 */
export async function readJson(request: FastifyRequest): Promise<unknown> {
  const { headers, raw } = request;
  const length = Number(headers["content-length"] ?? 0);
  const hasBody = length > 0 || headers["transfer-encoding"] !== undefined;
  const mediaType = headers["content-type"];
  if (mediaType === undefined && !hasBody) return undefined;
  if (mediaType === undefined || !fitsMediaRange(mediaType, "application/json")) {
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json.");
  }
  const limitBytes = request.routeOptions.bodyLimit;
  if (length > limitBytes) throw tooLarge(limitBytes);
  const bytes = Buffer.concat(await Array.fromAsync(new LimitedBody(raw, limitBytes)));
  if (headers["idempotency-key"] !== undefined) request.bodyHash = sha256Hex(bytes);
  const body = await parseJsonBody(request, bytes);
  assertPlainInput(body);
  return body;
}
