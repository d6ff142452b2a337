import type { TransportResponse } from "@isthmus/core";

/** Codes that a REST request would have been answered 404 with. */
const missing: ReadonlySet<string> = new Set(["NOT_FOUND", "ENTITY_IS_DELETED"]);

/** Faults of the server's own: nobody knows how far it came. */
const serverFaults: ReadonlySet<string> = new Set(["Server", "UNKNOWN_EXCEPTION"]);

/**
 * The status that REST would have answered a SOAP fault with. SOAP answers every fault with 500, also to a request that it
 * refused before it began.
 *
 * @returns `undefined` for what is no SOAP fault, and for one that says no more than its 500.
 */
export function soapStatusOf(response: TransportResponse, code: string | undefined): number | undefined {
  if (response.status !== 500 || code === undefined || !/<(?:\w+:)?faultcode>/.test(response.text())) return undefined;
  if (serverFaults.has(code)) return undefined;
  return missing.has(code) ? 404 : 400;
}
