import type { ConnectorError, TransportResponse, VendorFault } from "@isthmus/core";
import { soapStatusOf } from "./soap-status.js";

/** Milliseconds until a call makes sense again, as far as the limits of the organisation are known here. */
export interface LimitWaits {
  readonly dayMs: number;
  readonly concurrentMs: number;
}

/** What a row of the table makes an error of. */
export interface Failure {
  readonly fault: VendorFault;
  /** "Salesforce refused records.create (INVALID_FIELD)". */
  readonly summary: string;
  readonly retryAfterMs: number | undefined;
  readonly waits: LimitWaits;
}

/** One kind of failure and what it means. */
export interface Row {
  /** Any of these statuses; missing: any. */
  readonly status?: readonly number[];
  /** Any of these error codes; missing: any. */
  readonly code?: readonly string[];
  /** Found in Salesforce's words; missing: any. */
  readonly message?: RegExp;
  readonly make: (failure: Failure) => ConnectorError;
}

/** The first row that fits; `undefined`: only the status says something. */
export function findRow(table: readonly Row[], fault: VendorFault, response: TransportResponse): Row | undefined {
  const status = soapStatusOf(response, fault.code) ?? response.status;
  const words = fault.message ?? response.text().slice(0, 2_000);
  return table.find((row) => {
    if (row.status && !row.status.includes(status)) return false;
    if (row.code && !(fault.code !== undefined && row.code.includes(fault.code))) return false;
    return row.message === undefined || row.message.test(words);
  });
}
