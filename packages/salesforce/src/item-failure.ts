import type { ConnectorError, TransportResponse } from "@isthmus/core";
import type { SalesforceApi } from "./api.js";
import type { FailedRequest } from "./errors.js";

/**
 * What the failure of one item means, where a request as a whole was answered with success: by the same table as the
 * failure of a whole request.
 *
 * @param errors - The item's `errors` (collections, trees) or its `body` (composites), as Salesforce sent them.
 * @param status - The item's own HTTP status, where it has one.
 */
export function itemFailure(
  api: Pick<SalesforceApi, "mapFailure">,
  errors: unknown,
  request: FailedRequest,
  status?: number,
): ConnectorError {
  const list = (Array.isArray(errors) ? errors : [errors]).map(toWireError);
  const code = list[0]?.errorCode;
  const implied = typeof code === "string" && missing.has(code) ? 404 : 400;
  return api.mapFailure(toResponse(status ?? implied, list), { path: "", ...request });
}

/** Codes that a request of its own would have been answered 404 with. */
const missing: ReadonlySet<string> = new Set(["NOT_FOUND", "ENTITY_IS_DELETED"]);

/** Collections and trees call the code `statusCode`. */
function toWireError(error: unknown): { readonly errorCode?: unknown; readonly [name: string]: unknown } {
  if (typeof error !== "object" || error === null) return {};
  const { statusCode, errorCode = statusCode, ...rest }: Record<string, unknown> = { ...error };
  return { ...rest, errorCode };
}

/** An item as the answer that it would have been on its own. */
function toResponse(status: number, value: unknown): TransportResponse {
  const text = JSON.stringify(value);
  return { status, headers: {}, body: Buffer.from(text), text: () => text, json: () => value, tryJson: () => value };
}
