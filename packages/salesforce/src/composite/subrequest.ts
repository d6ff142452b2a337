import { type HttpMethod, ValidationError } from "@isthmus/core";
import { type RecordInput, writeRecord } from "../records.js";

/** One call within a composite request. */
export interface Subrequest {
  /** What later ones, and the results, call it by: letters, digits and underscores, a letter first. */
  readonly referenceId: string;
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Path below the API version, such as `/sobjects/Account/@{account.id}` or `/query?q=…`. */
  readonly path: string;
  /** JSON body. A value `@{account.id}` is taken from the result of the call `account` before. */
  readonly body?: RecordInput;
  /** Headers of this call alone, such as `If-Unmodified-Since`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const referencePattern = /^[A-Za-z]\w{0,79}$/;
const mention = /@\{(\w+)[.[]/g;
/** A step `..` would lead out of the version that everything is checked for. */
const pathPattern = /^\/(?!\/)(?!(?:[^?]*\/)?\.\.?(?:[/?]|$))[^\s\\]+$/;

/**
 * Proves calls that stand together, before anything is sent.
 *
 * @returns How deep the longest chain of references is; 1 where nothing refers to anything.
 * @throws {ValidationError} naming the call.
 */
export function assertSubrequests(requests: readonly Subrequest[]): number {
  const depths = new Map<string, number>();
  for (const [at, request] of requests.entries()) {
    const { referenceId, path } = request;
    if (!referencePattern.test(referenceId)) refuse(at, "referenceId", "must be letters, digits and underscores");
    if (depths.has(referenceId)) refuse(at, "referenceId", "must not come twice");
    if (!pathPattern.test(path)) refuse(at, "path", "must be a path below the API version, such as /sobjects/Account");
    let depth = 0;
    for (const reference of referencesOf(request)) {
      const known = depths.get(reference);
      if (known === undefined) refuse(at, "body", "must refer to calls before it only");
      depth = Math.max(depth, known);
    }
    depths.set(referenceId, depth + 1);
  }
  return Math.max(0, ...depths.values());
}

/** @throws {ValidationError} when there are too many of something, or none. */
export function assertCount(count: number, limit: number, what: string): void {
  if (count >= 1 && count <= limit) return;
  throw new ValidationError(`Salesforce takes 1 to ${limit} ${what}; there are ${count}.`, [
    { path: "requests", message: `must be 1 to ${limit} ${what}` },
  ]);
}

/**
 * Whether all of it can be sent again after a lost answer: reading, and absolute values. A deletion cannot, because its
 * repetition fails, and takes back what else was done in the same transaction.
 */
export function isRepeatable(requests: readonly Subrequest[]): boolean {
  return requests.every(({ method, headers }) => (method === "GET" || method === "PATCH") && headers === undefined);
}

/** How to look up what became of a request whose answer was lost. */
export const reconcile =
  "Look the records up that the request would have created, changed or deleted, before sending it again.";

/** A call as the composite and graph resources want it. */
export function toWire(request: Subrequest, dataPath: string): object {
  const { referenceId, method, path, body, headers } = request;
  return {
    referenceId,
    method,
    url: dataPath + path,
    ...(body !== undefined && { body: toBody(body) }),
    ...(headers !== undefined && { httpHeaders: headers }),
  };
}

/** A body that JSON can carry. @throws {ValidationError} naming the field that it cannot. */
export function toBody(body: RecordInput): unknown {
  return JSON.parse(writeRecord(body));
}

/** What the failure of one call is judged by. */
export function asFailed(name: string, method: HttpMethod, idempotent: boolean) {
  return { name, method, idempotent, reconcile };
}

function referencesOf({ path, body }: Subrequest): Set<string> {
  const text = path + (body === undefined ? "" : writeRecord(body));
  return new Set([...text.matchAll(mention)].map(([, reference = ""]) => reference));
}

function refuse(at: number, field: string, message: string): never {
  throw new ValidationError(`Call ${at} of the composite request does not fit: ${field} ${message}.`, [
    { path: `requests.${at}.${field}`, message },
  ]);
}
