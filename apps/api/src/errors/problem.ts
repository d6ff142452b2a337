import { isConnectorError, type RateLimitError, type ValidationError, type VendorFault } from "@isthmus/core";
import { z } from "zod";
import { DatabaseUnavailableError } from "../database/index.js";
import { ApiError } from "./api-error.js";
import { readFastifyError } from "./fastify-errors.js";
import { type ProblemCode, statusOf } from "./status-table.js";

/** A problem document (RFC 9457) as every error of the service is answered. */
export const problemSchema = z
  .object({
    type: z.string().describe("Identifies the kind of problem: `urn:isthmus:problem:` and the code in lower case."),
    title: z.string().describe("The code in words."),
    status: z.int().describe("The HTTP status."),
    code: z.string().describe("Stable; branch on this."),
    detail: z.string().describe("What failed and what to do next, for people. Holds no secret."),
    retryable: z.boolean().describe("Whether the same call may succeed later without anyone changing anything."),
    requestId: z.string().describe("Also in the X-Request-Id header and in the log."),
    vendor: z
      .object({
        code: z.string().optional(),
        message: z.string().optional(),
        requestId: z.string().optional(),
        status: z.int().optional(),
        fields: z.array(z.string()).optional(),
        messages: z
          .array(
            z.object({
              severity: z.enum(["error", "warning", "information", "success"]),
              code: z.string().optional(),
              message: z.string(),
              field: z.string().optional(),
            }),
          )
          .optional()
          .describe("Everything that it said, where that is more than one message."),
      })
      .optional()
      .describe("What the vendor itself said."),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe(
        "The fields that are wrong, 50 at the most; of a refused deletion, kinds and ids of what stands in its way.",
      ),
    reconcile: z.string().optional().describe("How to look up the result of a write whose outcome is unknown."),
  })
  .meta({ id: "Problem", description: "A problem document (RFC 9457)." });

/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;

/** A problem with what belongs into headers. */
export interface ProblemAnswer {
  readonly problem: Problem;
  /** Seconds, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  /** Whether the service's operator has to look at it. */
  readonly unexpected: boolean;
}

interface Parts {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly retryable: boolean;
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly vendor?: VendorFault | undefined;
  readonly reconcile?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly unexpected?: boolean;
}

// What core says of these names keys and servers of the operator: that is for the log, not for a tenant.
const keyFailures: ReadonlyMap<ProblemCode, string> = new Map([
  [
    "KEY_UNAVAILABLE",
    "The key that protects this tenant's secrets cannot be had right now. Nothing was written; try again later.",
  ],
  [
    "KEY_INVALID",
    "The keys of the service are not set up right. Nothing was written; its operator finds more in the log.",
  ],
]);

/** Seconds after which a database that is away is worth another try. */
const databaseRetrySeconds = 2;

/** What any thrown value is answered with. What is unknown becomes `INTERNAL`, without a word of its cause. */
export function toProblem(error: unknown, requestId: string): ProblemAnswer {
  const parts = readError(error);
  const { code, issues, vendor, reconcile } = parts;
  const problem: Problem = {
    type: `urn:isthmus:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: titleOf(code),
    status: statusOf(code),
    code,
    detail: parts.detail,
    retryable: parts.retryable,
    requestId,
    ...(vendor && { vendor: copyFault(vendor) }),
    ...(issues && issues.length > 0 && { errors: issues.slice(0, mostIssues).map(shorten) }),
    ...(reconcile !== undefined && { reconcile }),
  };
  const { retryAfterMs } = parts;
  return {
    problem,
    retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000)),
    unexpected: parts.unexpected ?? false,
  };
}

function readError(error: unknown): Parts {
  if (error instanceof ApiError) {
    const { code, message: detail, retryable, issues, retryAfterMs } = error;
    return { code, detail, retryable, issues, retryAfterMs };
  }
  if (error instanceof DatabaseUnavailableError) {
    const retryAfterMs = databaseRetrySeconds * 1000;
    return { code: "DATABASE_UNAVAILABLE", detail: error.message, retryable: true, retryAfterMs };
  }
  if (isConnectorError(error)) {
    const { code, message: detail, retryable, vendor } = error;
    // Read by shape, not by class: the error may come from another copy of core.
    const issues = "issues" in error ? (error as ValidationError).issues : undefined;
    const retryAfterMs = "retryAfterMs" in error ? (error as RateLimitError).retryAfterMs : undefined;
    const forTenants = keyFailures.get(code);
    if (forTenants !== undefined) return { code, detail: forTenants, retryable, unexpected: true };
    const reconcile = "reconcile" in error && typeof error.reconcile === "string" ? error.reconcile : undefined;
    return { code, detail, retryable, vendor, issues, retryAfterMs, reconcile, unexpected: code === "INTERNAL" };
  }
  return (
    readFastifyError(error) ?? {
      code: "INTERNAL",
      detail: "Something failed inside Isthmus. The log has more under this request id.",
      retryable: false,
      unexpected: true,
    }
  );
}

/** A body decides how many of its fields are wrong, and how long their names are. */
const mostIssues = 50;
const longestText = 300;

function shorten({ path, message }: { readonly path: string; readonly message: string }) {
  const cut = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);
  return { path: cut(path), message: cut(message) };
}

function copyFault({ fields, messages, ...rest }: VendorFault): NonNullable<Problem["vendor"]> {
  return { ...rest, ...(fields && { fields: [...fields] }), ...(messages && { messages: [...messages] }) };
}

function titleOf(code: ProblemCode): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
