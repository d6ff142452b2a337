import { cannotDeserialize } from "../data/coerce.js";
import { SalesforceError } from "../errors.js";
import { isJsonObject, type JsonObject } from "../rest/json-body.js";

/** One part of a composite request, its references not yet resolved. */
export interface Subrequest {
  method: string;
  url: string;
  referenceId: string;
  headers: Record<string, string>;
  /** `undefined` where the part has no body. */
  body: unknown;
}

const methods = ["DELETE", "GET", "PATCH", "POST", "PUT"];

/** What a part has from the request around it and may not say itself. */
const inheritedHeaders = ["accept", "authorization", "content-type"];

/**
 * Reads one part; what is wrong with it makes the whole request fail.
 *
 * @throws {SalesforceError} JSON_PARSER_ERROR or BAD_REQUEST
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/requests-composite.html
 */
export function readSubrequest(part: JsonObject, version: number): Subrequest {
  const { method, url } = part;
  if (typeof method !== "string" || !methods.includes(method)) {
    throw cannotDeserialize("HttpMethod", method ?? null, "[line:1, column:1]");
  }
  if (typeof url !== "string" || !/^\/services\/data\/v\d+\.\d\//.test(url)) {
    throw new SalesforceError(400, "BAD_REQUEST", "The url of each subrequest must begin with /services/data/vXX.X/");
  }
  return { method, url, referenceId: readReferenceId(part, version), headers: readHeaders(part), body: part.body };
}

function readReferenceId(part: JsonObject, version: number): string {
  const { referenceId } = part;
  if (typeof referenceId !== "string" || referenceId === "") {
    throw new SalesforceError(400, "JSON_PARSER_ERROR", "Each subrequest must have a referenceId");
  }
  // Before v52 such a part ran, and only those that refer to it failed.
  if (version >= 52 && !/^[A-Za-z0-9][A-Za-z0-9_]*$/.test(referenceId)) {
    throw new SalesforceError(400, "JSON_PARSER_ERROR", explainReferenceId(referenceId));
  }
  return referenceId;
}

/** What Salesforce says of a reference id that is none. */
export function explainReferenceId(referenceId: string): string {
  return `Provided referenceId ('${referenceId}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').`;
}

/** @throws {SalesforceError} JSON_PARSER_ERROR when two parts have the same reference id. */
export function assertDistinct(subrequests: readonly Subrequest[]): void {
  const seen = new Set<string>();
  for (const { referenceId } of subrequests) {
    if (seen.has(referenceId)) {
      throw new SalesforceError(400, "JSON_PARSER_ERROR", `Duplicate referenceId ('${referenceId}') in the request`);
    }
    seen.add(referenceId);
  }
}

function readHeaders(part: JsonObject): Record<string, string> {
  const headers = part.httpHeaders ?? {};
  if (!isJsonObject(headers)) throw cannotDeserialize("httpHeaders", headers, "[line:1, column:1]");
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), String(value)]);
  const refused = entries.find(([name]) => inheritedHeaders.includes(name));
  if (refused === undefined) return Object.fromEntries(entries);
  throw new SalesforceError(400, "BAD_REQUEST", `The header ${refused[0]} can't be specified in a subrequest`);
}
