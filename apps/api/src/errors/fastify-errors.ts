import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { ApiErrorCode } from "./codes.js";

/** What Fastify's own failures mean, without their wording. */
export interface FastifyFailure {
  readonly code: ApiErrorCode | "VALIDATION_FAILED";
  readonly detail: string;
  readonly retryable: boolean;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

/** The failure, when `error` is one that Fastify (or a schema of a route) raised for a request; else `undefined`. */
export function readFastifyError(error: unknown): FastifyFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.replace(/^\//, "").replaceAll("/", "."),
      message: message ?? "Invalid.",
    }));
    const where = readText(error, "validationContext") ?? "request";
    return failure("VALIDATION_FAILED", `The ${names[where] ?? where} does not fit; see errors.`, { issues });
  }
  const code = readText(error, "code") ?? "";
  const known = table[code];
  if (known) return known;
  const status: unknown = Reflect.get(error, "statusCode");
  if (code.startsWith("FST_ERR_") && typeof status === "number" && status >= 400 && status < 500) {
    return failure("BAD_REQUEST", "The request is not well-formed.");
  }
  return undefined;
}

const names: Readonly<Record<string, string>> = {
  body: "body",
  querystring: "query",
  params: "path",
  headers: "header",
};

const malformed = failure("MALFORMED_JSON", "The body is not JSON.");

const table: Readonly<Record<string, FastifyFailure | undefined>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: malformed,
  FST_ERR_CTP_EMPTY_JSON_BODY: malformed,
  FST_ERR_CTP_BODY_TOO_LARGE: failure("PAYLOAD_TOO_LARGE", "The body is larger than this route accepts."),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: failure("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: failure("BAD_REQUEST", "The body is not as long as Content-Length says."),
  FST_ERR_BAD_URL: failure("BAD_REQUEST", "The address is not well-formed."),
  FST_ERR_MAX_PARAM_LENGTH: failure("ROUTE_NOT_FOUND", "There is no such route."),
};

function failure(
  code: FastifyFailure["code"],
  detail: string,
  more: Pick<FastifyFailure, "issues"> = {},
): FastifyFailure {
  return { code, detail, retryable: false, ...more };
}

function readText(error: Error, key: string): string | undefined {
  const text: unknown = Reflect.get(error, key);
  return typeof text === "string" ? text : undefined;
}
