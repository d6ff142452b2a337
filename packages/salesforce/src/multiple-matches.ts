import { ConflictError, type TransportResponse, type VendorFault } from "@isthmus/core";
import { recordIdPattern } from "./names.js";

/** Matches that are named at most. */
const namedMatches = 50;

/** An upsert was refused because several records have the external id. Make the field unique. */
export class MultipleMatchesError extends ConflictError {
  /** Ids of the records, at most 50. */
  readonly matches: readonly string[];

  constructor(matches: readonly string[], vendor: VendorFault) {
    const known = matches.length > 0 ? ` (${matches.length} of them are named)` : "";
    super(`The external id matches several records${known}. Make it unique.`, { vendor });
    this.matches = matches;
  }
}

/** A 300, whose body is a list of the records' paths. */
export function toMultipleMatches(response: TransportResponse): MultipleMatchesError {
  const paths: unknown = response.tryJson();
  const ids = (Array.isArray(paths) ? paths : [])
    .slice(0, namedMatches)
    .map((path) => String(path).split("/").at(-1) ?? "");
  const matches = ids.filter((id) => recordIdPattern.test(id));
  const messages = matches.map((message) => ({ severity: "error", message }) as const);
  return new MultipleMatchesError(matches, { status: response.status, ...(messages.length > 0 && { messages }) });
}
