import type { FastifyRequest } from "fastify";
import { isJsonObject } from "./data/json.js";
import type { JsonObject } from "./data/records.js";
import { invalidRequest, QuickbooksFault } from "./errors.js";

/** The bytes of a request body; none where there is no body. */
export function bytesOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** The JSON object in a request body. @throws {QuickbooksFault} 2010 when it is none. */
export function jsonOf(request: FastifyRequest): JsonObject {
  const parsed = parseJson(bytesOf(request).toString("utf8"));
  if (!isJsonObject(parsed)) throw invalidRequest("The request body must be a JSON object");
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new QuickbooksFault(
      "2010",
      "Request has invalid or unsupported property",
      `The body is not JSON: ${error.message}`,
    );
  }
}
