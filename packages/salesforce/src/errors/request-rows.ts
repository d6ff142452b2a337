import { conflict, redirected, rejected } from "./make.js";
import type { Row } from "./row.js";

/** Answers that lead elsewhere, before anything else is looked at. */
export const redirectRows: readonly Row[] = [
  { status: [301, 302, 303, 307, 308], make: redirected },
  { status: [300], make: conflict("The external id matches several records. Make it unique.") },
];

/** How a request is made, after everything more particular. */
export const requestRows: readonly Row[] = [
  {
    code: ["MALFORMED_QUERY", "MALFORMED_SEARCH"],
    make: rejected("The query's text is wrong at the place that Salesforce names."),
  },
  {
    code: ["INVALID_QUERY_LOCATOR"],
    make: rejected("The query's pages have expired. Run it again."),
  },
  { status: [414, 431], make: rejected("The query is longer than an address may be.") },
  {
    status: [428],
    make: rejected("Salesforce takes this request with a condition only (If-Match, If-Unmodified-Since)."),
  },
  // Everything else that Salesforce explains with a code: STRING_TOO_LONG, JSON_PARSER_ERROR, MALFORMED_ID…
  { status: [400, 405, 413, 415, 422], make: rejected("Correct the request before sending it again.") },
];
