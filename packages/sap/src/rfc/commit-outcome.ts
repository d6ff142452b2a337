import { ConnectorError, isConnectorError, OutcomeUnknownError } from "@isthmus/core";
import type { CallOptions } from "./module-caller.js";
import type { RfcParameters } from "./rfc-types.js";

/** One call whose work has to be committed. */
export interface CommittedCall {
  readonly name: string;
  readonly parameters: RfcParameters;
  readonly options: CallOptions;
}

/** Failures that say for certain that the commit was not done. */
const certain: ReadonlySet<string> = new Set([
  "VALIDATION_FAILED",
  "UNSUPPORTED",
  "NOT_FOUND",
  "FORBIDDEN_TARGET",
  "AUTHENTICATION_FAILED",
  "RECONNECT_REQUIRED",
  "PERMISSION_DENIED",
  "RATE_LIMITED",
  "CONNECTION_FAILED",
  "CANCELLED",
  "OUTCOME_UNKNOWN",
]);

/**
 * A commit that failed is not a commit that did nothing, unless the failure says so: by its kind, in RETURN, or as a fault of
 * the module's own. A dump or a lost connection may come after the work.
 */
export function toCommitError(error: unknown, what: string, reconcile: string): unknown {
  if (!isConnectorError(error) || certain.has(error.code)) return error;
  const { messages, code = "RFC_ERROR" } = error.vendor ?? {};
  if (messages || (error.code === "VENDOR_REJECTED" && !code.startsWith("RFC_ERROR"))) return error;
  const message = `SAP's answer does not tell whether ${what} was done (${error.code}). It must not be sent again blindly.`;
  return new OutcomeUnknownError(message, { cause: error, reconcile, ...(error.vendor && { vendor: error.vendor }) });
}

/** How the work of a call can be looked up. */
export function reconcileWords(name: string, { reconcile }: CallOptions): string {
  return reconcile ?? `Look in SAP for what ${name} would have created or changed, by its business key.`;
}

/** Why a commit is not possible, and what would make it so. */
export function refuseCommit(name: string, missing: string): ConnectorError {
  const advice =
    'Either have the system prove that it keeps sessions (proveStatefulSessions) and set statefulSessions to "proven", or ' +
    "configure a wrapper module that calls and commits.";
  return new ConnectorError("UNSUPPORTED", `The work of ${name} could not be committed: ${missing}. ${advice}`);
}
