import { errors } from "undici";
import {
  AuthenticationError,
  ConnectorError,
  isConnectorError,
  OutcomeUnknownError,
  TransientError,
  ValidationError,
} from "../errors/index.js";
import type { HttpMethod } from "./types.js";

/** How far a try had come when it failed. */
export interface FailureContext {
  readonly method: HttpMethod;
  readonly host: string;
  readonly name: string | undefined;
  readonly idempotent: boolean;
  readonly reconcile: string | undefined;
  /** A first byte may have left. */
  readonly sent: boolean;
  /** Status of the answer whose body failed; 0 when there was no answer. */
  readonly status: number;
}

/** A failed try: the error for the caller, and whether the same request may be sent again. */
export interface Failure {
  readonly error: ConnectorError;
  readonly repeatable: boolean;
}

/** Why we ended a try ourselves. */
export type EndReason = "cancelled" | "too-large" | "body-source" | TimeoutReason;

/** Which phase of a try took too long. */
export type TimeoutReason = "connect-timeout" | "headers-timeout" | "body-timeout";

// The certificate will not be a different one in a second. https://nodejs.org/api/tls.html#x509-certificate-error-codes
const certificateCodes =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|EPROTO$)/;

// With TLS 1.3 the server judges our certificate after our side of the handshake is over, so its refusal arrives when the
// request is on its way. It ends the handshake: the request has not been looked at.
const certificateAlert =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED)/;

/** What the alerts of RFC 8446 section 6.2 say of our certificate. The first row that fits. */
const certificateProblems: readonly (readonly [alert: RegExp, problem: string])[] = [
  [/ALERT_CERTIFICATE_REQUIRED/, "asks for a client certificate"],
  [/ALERT_CERTIFICATE_EXPIRED/, "says that the client certificate has expired"],
  [/ALERT_CERTIFICATE_REVOKED/, "says that the client certificate was revoked"],
  [/ALERT_UNKNOWN_CA/, "does not trust who issued the client certificate"],
];

/** Turns what undici, Node or we ourselves report into the failure of one try. The one table for everything below HTTP. */
export function toFailure(context: FailureContext, cause: unknown, reason?: EndReason): Failure {
  // The guard's own word from the connection; a signal's reason may be a ConnectorError too, but does not decide the code.
  if (!context.sent && reason === undefined && isConnectorError(cause)) return final(cause);
  const code = errorCode(cause);
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") return final(invalidRequest(cause));
  if (!context.sent && (code === "UND_ERR_CLOSED" || code === "UND_ERR_DESTROYED")) return final(transportClosed());
  if (!context.sent) return beforeSending(context, cause, code, reason);
  if (context.status === 0 && certificateAlert.test(code)) {
    return final(certificateRefused(context, cause));
  }
  // A 429 says that nothing was done, so what happens to its body is of no account.
  if (!context.idempotent && context.status !== 429) return final(outcomeUnknown(context, cause, code, reason));
  return afterSending(context, cause, code, reason);
}

function beforeSending(context: FailureContext, cause: unknown, code: string, reason?: EndReason): Failure {
  if (reason === "cancelled") return final(cancelled(context, cause, "; nothing was sent"));
  if (reason === "body-source") return final(bodySourceFailed(context, cause));
  // That alert may as well be about protocol versions or ciphers.
  if (certificateAlert.test(code) && !code.includes("HANDSHAKE_FAILURE"))
    return final(certificateRefused(context, cause));
  if (certificateCodes.test(code)) return final(connectionFailed(context, "TLS failed", cause, false));
  const timedOut = reason === "connect-timeout" || code === "UND_ERR_CONNECT_TIMEOUT";
  const what = timedOut ? "no connection in time" : "no connection";
  return { error: connectionFailed(context, what, cause, true), repeatable: true };
}

function afterSending(context: FailureContext, cause: unknown, code: string, reason?: EndReason): Failure {
  const { status } = context;
  if (reason === "cancelled") return final(cancelled(context, cause, ""));
  if (reason === "body-source") return final(bodySourceFailed(context, cause));
  if (reason === "too-large") {
    return final(
      new ConnectorError("RESPONSE_TOO_LARGE", `${describe(context)}: the answer is larger than the limit.`),
    );
  }
  if (reason === "headers-timeout" || reason === "body-timeout") {
    const message = `${describe(context)}: ${status === 0 ? "no answer" : "the answer stalled and did not go on"} in time.`;
    return { error: new TransientError("TIMEOUT", message, { cause }), repeatable: true };
  }
  // Once the headers are there, a parser's error means a body that ended where it should not.
  if (status === 0 && (cause instanceof errors.HTTPParserError || code === "UND_ERR_HEADERS_OVERFLOW")) {
    return final(
      new ConnectorError("UNEXPECTED_RESPONSE", `${describe(context)}: the answer is not valid HTTP.`, { cause }),
    );
  }
  if (status === 0) {
    return {
      error: connectionFailed(context, "the connection ended before an answer came", cause, true),
      repeatable: true,
    };
  }
  const message = `${describe(context)}: the answer was cut off.`;
  return { error: new TransientError("RESPONSE_CUT", message, { cause }), repeatable: true };
}

/** What a request gets once its transport is closed. */
export function transportClosed(): ConnectorError {
  return new ConnectorError("CANCELLED", "The transport is closed; the request was not sent, or not again.");
}

const endReasons: Readonly<Record<EndReason, string>> = {
  cancelled: "the caller gave up",
  "too-large": "it is larger than the limit",
  "body-source": "the stream of the request's body failed",
  "connect-timeout": "no connection in time",
  "headers-timeout": "none in time",
  "body-timeout": "it stalled",
};

function outcomeUnknown(context: FailureContext, cause: unknown, code: string, reason?: EndReason): ConnectorError {
  const { status } = context;
  const answered = status === 0 ? "no answer came" : `the answer (status ${status}) did not arrive whole`;
  const why = (reason && endReasons[reason]) ?? code;
  return new OutcomeUnknownError(
    `${describe(context)}: the request may have taken effect, but ${answered}${why === "" ? "" : ` (${why})`}. Look the result up before sending it again.`,
    { cause, reconcile: context.reconcile ?? "Look the record up at the vendor before sending the request again." },
  );
}

function connectionFailed(context: FailureContext, what: string, cause: unknown, retryable: boolean): ConnectorError {
  const message = `${describe(context)}: ${what}${errorCode(cause) === "" ? "" : ` (${errorCode(cause)})`}.`;
  return retryable
    ? new TransientError("CONNECTION_FAILED", message, { cause })
    : new ConnectorError("CONNECTION_FAILED", message, { cause, retryable: false });
}

function certificateRefused(context: FailureContext, cause: unknown): ConnectorError {
  const code = errorCode(cause);
  const known = certificateProblems.find(([alert]) => alert.test(code));
  const problem = known?.[1] ?? "refused the client certificate, or that there was none";
  return new AuthenticationError(`${describe(context)}: the other side ${problem} (${code}).`, { cause });
}

function cancelled(context: FailureContext, cause: unknown, suffix: string): ConnectorError {
  return new ConnectorError("CANCELLED", `${describe(context)}: the caller's signal ended it${suffix}.`, { cause });
}

function bodySourceFailed(context: FailureContext, cause: unknown): ConnectorError {
  return new ConnectorError("CANCELLED", `${describe(context)}: the stream of the request's body failed.`, { cause });
}

function invalidRequest(cause: unknown): ConnectorError {
  // undici names the header or the part, never its value.
  const detail = cause instanceof Error ? cause.message : "invalid";
  return new ValidationError(`The request cannot be sent: ${detail}.`);
}

function final(error: ConnectorError): Failure {
  return { error, repeatable: false };
}

function describe({ name, method, host }: FailureContext): string {
  return `${name === undefined ? method : `${name} (${method})`} to ${host}`;
}

function errorCode(cause: unknown): string {
  if (!(cause instanceof Error) || !("code" in cause)) return "";
  return typeof cause.code === "string" ? cause.code : "";
}
