import type { VendorMessage } from "@isthmus/core";

/**
 * What SAP says of a failure, whatever form it came in: an OData error, a SOAP fault, a `RETURN` parameter. Each room reads its
 * own form; `mapSapFailure` knows what the codes mean.
 */
export interface SapFault {
  /** `SY/530`, `005056A509B11EE1B9A8FEC11C21578E`, `RFC_ERROR_SYSTEM_FAILURE`. */
  readonly code?: string;
  /** In the language of the logon. */
  readonly message?: string;
  /** Every message, the first included, where there are several. */
  readonly messages?: readonly VendorMessage[];
  /** What SAP's support asks for: a transaction id, a message id of the log. */
  readonly requestId?: string;
  /** What kind of SOAP-RFC failure it is, where the form tells. */
  readonly rfcError?: RfcError;
}

/**
 * Groups of RFC failures, by the names of SAP's Java Connector.
 * @see https://help.sap.com/docs/SAP_NETWEAVER_740/e815bb97839a4d83be6c4fca48ee5777/48a8fc39b4e52e5de10000000a42189c.html
 */
export const rfcErrors = [
  /** The system dumped (ST22). */
  "RFC_ERROR_SYSTEM_FAILURE",
  /** The system or the network was away. */
  "RFC_ERROR_COMMUNICATION",
  /** The user may not log on. */
  "RFC_ERROR_LOGON_FAILURE",
  /** The function module raised an exception of its interface. */
  "RFC_ERROR_APPLICATION_EXCEPTION",
] as const;

/** One of {@link rfcErrors}. */
export type RfcError = (typeof rfcErrors)[number];
