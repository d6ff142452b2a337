import type { Answer } from "../api-client.js";
import { type DocumentedCall, findMisfits, responseOf } from "../document-calls.js";
import type { FuzzRequest } from "./fuzz-requests.js";
import { plantedSecret } from "./schema-values.js";

/** What an answer must not hold. */
export interface Forbidden {
  /** Secrets of everybody, with the request after which each came into the world. */
  readonly secrets: ReadonlySet<string>;
  /** Texts by which another tenant's rows are known. */
  readonly marks: ReadonlySet<string>;
}

// A line of a stack trace, a path of ours or of a package, and the words of the libraries below the repositories.
const insides =
  /\n\s+at \S+ ?\(|node_modules|\/apps\/api\/|\.[cm]?[jt]s:\d+|prisma|pg_catalog|\bSQLSTATE\b|row-level security/i;

/** The vendor's own failures, an identity provider's, or the way to them: the service tells them, and has none of its own. */
const vendorCodes = new Set([
  "AUTHENTICATION_FAILED",
  "VENDOR_UNAVAILABLE",
  "CONNECTION_FAILED",
  "RESPONSE_CUT",
  "UNEXPECTED_RESPONSE",
  "TIMEOUT",
  "OUTCOME_UNKNOWN",
  "IDENTITY_PROVIDER_UNAVAILABLE",
]);

/** @returns what is wrong with an answer; empty when nothing is. */
export function findFaults(call: DocumentedCall, request: FuzzRequest, answer: Answer, forbidden: Forbidden): string[] {
  const { status, text, body } = answer;
  const faults: string[] = [];
  const isOfVendor = status < 600 && vendorCodes.has(body?.code);
  if (status >= 500 && !isOfVendor) faults.push(`status ${status}`);
  if (insides.test(text)) faults.push("tells of the insides");
  const said = `${text} ${[...answer.headers].join(" ")}`;
  if (said.includes(plantedSecret)) faults.push("tells a secret that a request planted");
  for (const secret of forbidden.secrets) if (said.includes(secret)) faults.push("tells a secret");
  const asked = `${request.address} ${request.body ?? ""}`;
  // The platform knows its tenants.
  for (const mark of request.caller === "platform" ? [] : forbidden.marks) {
    if (said.includes(mark) && !decoded(asked).includes(mark)) faults.push(`tells of another tenant: ${mark}`);
  }
  if (Reflect.get({}, "isAdmin") !== undefined) faults.push("changed the prototype of all objects");
  return [...faults, ...findUndocumented(call, request, answer)];
}

/** Answers to calls as the document has them are as the document has them. */
function findUndocumented(
  call: DocumentedCall,
  request: FuzzRequest,
  { status, headers, text, body }: Answer,
): string[] {
  const mediaType = headers.get("content-type")?.split(";")[0] ?? "";
  if (status >= 400 && request.method !== "HEAD") {
    if (mediaType !== "application/problem+json" && mediaType !== "text/html") return [`${status} as ${mediaType}`];
    if (mediaType === "application/problem+json" && typeof body?.code !== "string") return [`${status} without a code`];
  }
  if (!request.isOfCall || text === "" || !mediaType.endsWith("json")) return [];
  if (body?.code === "ROUTE_NOT_FOUND") return [];
  const response = responseOf(call, status);
  if (response === undefined) return [`${status} is not in the document`];
  const schema = response.content?.[mediaType]?.schema;
  if (schema === undefined) return [];
  const values = mediaType === "application/x-ndjson" ? readLines(text) : [body];
  return values.flatMap((value) => findMisfits(schema, value)).map((misfit) => `not as documented: ${misfit}`);
}

function readLines(text: string): unknown[] {
  const lines = text.trimEnd().split("\n").slice(0, 20);
  return lines.map((line) => JSON.parse(line));
}

function decoded(text: string): string {
  try {
    return `${text} ${decodeURIComponent(text)}`;
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
