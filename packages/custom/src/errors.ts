import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  type ConnectorRequest,
  isIdempotent,
  mapHttpStatus,
  NotFoundError,
  parseRetryAfter,
  RateLimitError,
  TransientError,
  type TransportResponse,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import { resolvePointer } from "./json-pointer.js";
import type { ErrorConfiguration, ErrorRule } from "./options/error-options.js";
import type { Secrets } from "./secrets.js";

/** What turns a failure into an error. */
export interface FailureContext {
  readonly errors: ErrorConfiguration;
  readonly secrets: Secrets;
  /** Epoch milliseconds, to judge a date in `Retry-After` by. */
  readonly nowMs: number;
}

/** Statuses that leave open whether a write took effect. */
const ambiguous: ReadonlySet<number> = new Set([408, 500, 502, 504]);

/** An answer that is not 2xx as the error that it means: the first rule that fits, else what core makes of the status. */
export function mapFailure(
  response: TransportResponse,
  request: ConnectorRequest,
  context: FailureContext,
): ConnectorError {
  const { status, headers } = response;
  const vendor = readFault(response, context);
  const rule = findRule(response, context.errors);
  // That a write may be sent again is believed of a code, which is the API's own word, and not of a gateway's status.
  const isTrusted =
    rule?.error !== "VENDOR_UNAVAILABLE" || rule.code || isIdempotent(request) || !ambiguous.has(status);
  if (!rule || !isTrusted) return mapHttpStatus({ status, headers, request, vendor, nowMs: context.nowMs });
  const retryAfterMs = parseRetryAfter(headers["retry-after"], context.nowMs);
  const said = `The API answered ${request.name ?? "the request"} with status ${status}${vendor.code === undefined ? "" : ` (${vendor.code})`}`;
  return errorOf[rule.error](said, vendor, retryAfterMs);
}

/** Whether another token may help: what a rule says of the answer, else a 401. */
export function isTokenRefused(
  response: { readonly status: number; readonly body?: unknown },
  errors: ErrorConfiguration,
): boolean {
  const { status, body } = response;
  if (status >= 200 && status < 300) return false;
  const rule = findRule({ status, tryJson: () => parseJson(body) }, errors);
  return rule ? rule.error === "AUTHENTICATION_FAILED" : status === 401;
}

type ErrorFactory = (said: string, vendor: VendorFault, retryAfterMs: number | undefined) => ConnectorError;

const errorOf: Readonly<Record<ErrorRule["error"], ErrorFactory>> = {
  AUTHENTICATION_FAILED: (said, vendor) =>
    new AuthenticationError(`${said}: it does not accept the credentials or the session.`, { vendor }),
  PERMISSION_DENIED: (said, vendor) =>
    new ConnectorError("PERMISSION_DENIED", `${said}: the connected account may not do this.`, { vendor }),
  NOT_FOUND: (said, vendor) => new NotFoundError(`${said}: there is no such thing.`, { vendor }),
  CONFLICT: (said, vendor) => new ConflictError(`${said}: it changed meanwhile or exists already.`, { vendor }),
  RATE_LIMITED: (said, vendor, retryAfterMs) => limited(`${said}: too many requests.`, vendor, retryAfterMs, false),
  QUOTA_EXHAUSTED: (said, vendor, retryAfterMs) =>
    limited(`${said}: the quota is used up.`, vendor, retryAfterMs, true),
  VENDOR_UNAVAILABLE: (said, vendor) =>
    new TransientError("VENDOR_UNAVAILABLE", `${said}: it is away or overloaded. Try again later.`, { vendor }),
  VENDOR_REJECTED: (said, vendor) => new VendorError(`${said}: it refused the request.`, { vendor }),
  UNSUPPORTED: (said, vendor) => new ConnectorError("UNSUPPORTED", `${said}: it does not offer this.`, { vendor }),
};

function limited(
  message: string,
  vendor: VendorFault,
  retryAfterMs: number | undefined,
  quota: boolean,
): ConnectorError {
  return new RateLimitError(message, { vendor, quota, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

/** The API's own code and words, as far as the configuration says where they are. */
function readFault(response: TransportResponse, { errors, secrets }: FailureContext): VendorFault {
  const { status } = response;
  const body = response.tryJson();
  const code = readCode(body, errors);
  const message = errors.messagePointer === undefined ? undefined : resolvePointer(body, errors.messagePointer);
  return {
    status,
    // A code is a word; anything else at its place is shown no more than a body would be.
    ...(code !== undefined && /^[\w.:/-]{1,100}$/.test(code) && { code: secrets.redact(code) }),
    ...(typeof message === "string" && message !== "" && { message: secrets.redact(message) }),
  };
}

function findRule(
  response: Pick<TransportResponse, "status" | "tryJson">,
  errors: ErrorConfiguration,
): ErrorRule | undefined {
  if (errors.rules.length === 0) return undefined;
  const code = readCode(response.tryJson(), errors);
  return errors.rules.find(
    (rule) =>
      (rule.status === undefined || rule.status.includes(response.status)) &&
      (rule.code === undefined || (code !== undefined && rule.code.includes(code))),
  );
}

function readCode(body: unknown, { codePointer }: ErrorConfiguration): string | undefined {
  const code = codePointer === undefined ? undefined : resolvePointer(body, codePointer);
  return typeof code === "string" || typeof code === "number" ? String(code) : undefined;
}

function parseJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined; // A gateway's page: then the status alone speaks.
  }
}
