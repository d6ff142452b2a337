import { SalesforceError } from "../errors.js";

/** 400: a search that is not written as it must be. */
export function malformedSearch(message: string): SalesforceError {
  return new SalesforceError(400, "MALFORMED_SEARCH", message);
}
