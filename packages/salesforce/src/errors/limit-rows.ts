import { concurrencyWords } from "../limits/limit-refusal.js";
import { limitedAtOnce, limitedToday, passing, rejected } from "./make.js";
import type { Row } from "./row.js";

/** Limits, and what passes by itself. */
export const limitRows: readonly Row[] = [
  // The day's requests come back over hours, the limits on simultaneous requests in seconds; both have one code.
  { code: ["REQUEST_LIMIT_EXCEEDED"], message: concurrencyWords, make: limitedAtOnce },
  { code: ["REQUEST_LIMIT_EXCEEDED"], make: limitedToday },
  { code: ["EXCEEDED_QUOTA", "ExceededQuota"], make: limitedToday },
  { code: ["SERVER_UNAVAILABLE"], make: passing("Salesforce is too busy.") },
  { code: ["UNABLE_TO_LOCK_ROW"], make: passing("Another transaction holds the record.") },
  // A trigger or flow that met a lock says so in its words only.
  {
    code: ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER"],
    message: /UNABLE_TO_LOCK_ROW/,
    make: passing("Another transaction holds a record that the organisation's automation needs."),
  },
  {
    code: ["QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "REQUEST_RUNNING_TOO_LONG"],
    make: rejected(
      "It took Salesforce too long or was too large, and was ended. Ask for less: filter by an indexed field.",
    ),
  },
  { code: ["STORAGE_LIMIT_EXCEEDED"], make: rejected("The organisation's storage is full.") },
  {
    code: ["EXCEEDED_ID_LIMIT", "LIMIT_EXCEEDED", "TOO_MANY_ENUM_VALUE"],
    make: rejected("It is more than one request may hold. Split it."),
  },
];
