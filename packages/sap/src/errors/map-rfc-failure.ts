import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  OutcomeUnknownError,
  TransientError,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import type { RfcError, SapFault } from "./sap-fault.js";

/** What decides whether a failed call may be made again. */
export interface FailedCall {
  readonly idempotent?: boolean;
  readonly reconcile?: string;
  readonly name?: string;
}

/**
 * A failure of RFC as the error that it means.
 *
 * | group | error |
 * |-|-|
 * | `RFC_ERROR_LOGON_FAILURE` | `AuthenticationError`, never tried again: SAP locks the user |
 * | `RFC_ERROR_SYSTEM_FAILURE` | `VendorError`, never tried again: the same input dumps again |
 * | `RFC_ERROR_COMMUNICATION` | a call that only reads: `TransientError`; any other: `OutcomeUnknownError` |
 * | `RFC_ERROR_APPLICATION_EXCEPTION` | `VendorError` with the exception's name for its code; `FOREIGN_LOCK`: `ConflictError`, retryable |
 * | an authorization failure | `PERMISSION_DENIED` |
 */
export function mapRfcFailure(fault: SapFault, vendor: VendorFault, call: FailedCall): ConnectorError | undefined {
  const { code = "" } = fault;
  const message = endSentence(fault.message ?? "It did not say why");
  if (/AUTHORI[SZ]ATION_FAILURE|NO_?T?_AUTHORI[SZ]/.test(code)) {
    const advice =
      "The user lacks an authorization, such as S_RFC for the function group. An administrator can grant it.";
    return new ConnectorError("PERMISSION_DENIED", `SAP does not allow the call (${code}). ${advice}`, { vendor });
  }
  return fault.rfcError && table[fault.rfcError](message, vendor, call);
}

const table = {
  RFC_ERROR_LOGON_FAILURE: (_message, vendor) => {
    const advice = "Do not try again before it is mended: SAP locks a user after a few tries.";
    return new AuthenticationError(`SAP does not accept the logon. ${advice}`, { vendor, retryable: false });
  },
  RFC_ERROR_SYSTEM_FAILURE: (message, vendor) => {
    const id = vendor.requestId === undefined ? "" : `, id ${vendor.requestId}`;
    const advice = `Look at the dump in ST22${id}; the same call would dump again.`;
    return new VendorError(`SAP ended the call with a system failure: ${message} ${advice}`, { vendor });
  },
  RFC_ERROR_COMMUNICATION: (message, vendor, { idempotent, reconcile }) => {
    if (idempotent) return new TransientError("VENDOR_UNAVAILABLE", `SAP lost a connection: ${message}`, { vendor });
    return new OutcomeUnknownError(`SAP lost a connection during the call: ${message} It may have taken effect.`, {
      vendor,
      reconcile: reconcile ?? "Look for what the call would have changed before making it again.",
    });
  },
  RFC_ERROR_APPLICATION_EXCEPTION: (message, vendor, { name = "The function module" }) => {
    const words = `${name} raised ${vendor.code ?? "an exception"}: ${message}`;
    // What every ENQUEUE module raises when someone else holds the lock.
    if (vendor.code === "FOREIGN_LOCK") return new ConflictError(words, { vendor, retryable: true });
    return new VendorError(words, { vendor });
  },
} satisfies Record<RfcError, (message: string, vendor: VendorFault, call: FailedCall) => ConnectorError>;

/** SAP's words with a point at their end, to go on after them. */
export function endSentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
