import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  mapHttpStatus,
  NotFoundError,
  parseRetryAfter,
  RateLimitError,
  type ResponseHeaders,
  TransientError,
  type TransportRequest,
  VendorError,
} from "@isthmus/core";
import { type Fault, readFault, requestIdOf } from "./fault.js";

/** An answer that may be a failure. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** As `parseAnswerBody` gives it. */
  readonly body: unknown;
}

/** What of a request decides the meaning of its failure. */
export type FailedRequest = Pick<TransportRequest, "method" | "idempotent" | "reconcile" | "name">;

/** What a row of the table sees. */
interface Failure {
  readonly fault: Fault;
  /** "QuickBooks refused invoice.create (6240)". */
  readonly summary: string;
  readonly retryAfterMs: number | undefined;
}

interface Row {
  readonly status?: readonly number[];
  /** Exact codes, or a pattern for a family of them. */
  readonly code?: readonly string[] | RegExp;
  /** Found in Intuit's words. */
  readonly words?: RegExp;
  readonly make: (failure: Failure) => ConnectorError;
}

/** How long Intuit wants to be left alone after a 429 that does not say. */
export const throttlePauseMs = 60_000;

/**
 * A failed answer as the error that it means: the first row of the table that fits, else what core makes of the status. It
 * carries `intuit_tid` as `vendor.requestId`.
 *
 * @param nowMs - Epoch milliseconds, to judge a date in `Retry-After` by.
 */
export function mapFailure(answer: FailedAnswer, request: FailedRequest, nowMs: number): ConnectorError {
  const { status, headers, body } = answer;
  const requestId = requestIdOf(headers);
  const fault = readFault(body, headers, status) ?? { status, words: "", ...(requestId && { requestId }) };
  const row = table.find((candidate) => fits(candidate, fault, status));
  if (!row)
    return mapHttpStatus({ status: status < 300 ? 400 : status, headers, request, vendor: toVendor(fault), nowMs });
  const summary = `QuickBooks refused ${request.name ?? "the request"} (${fault.code ?? `HTTP ${status}`})`;
  return row.make({ fault, summary, retryAfterMs: parseRetryAfter(headers["retry-after"], nowMs) });
}

/** Whether another token may help. A wrong company or a lapsed subscription is told with a 401 or 403 as well. */
export function isTokenRefused({ status, headers, body }: FailedAnswer): boolean {
  if (status !== 401) return false;
  const code = readFault(body, headers, status)?.code;
  return code === undefined || ["3200", "100", "003200"].includes(code);
}

/** Whether nothing was done, because too much was asked. The gateway has told it with a 403 as well. */
export function isThrottled({ status, headers, body }: FailedAnswer): boolean {
  if (status === 429) return true;
  const code = status === 403 ? readFault(body, headers, status)?.code : undefined;
  return code !== undefined && throttleCodes.includes(code);
}

/** Whether a 429 is the app's block for the rest of the month, and not a matter of a minute. */
export function isMonthlyBlock({ status, headers, body }: FailedAnswer): boolean {
  return status === 429 && monthlyBlock.test(readFault(body, headers, status)?.words ?? "");
}

const throttleCodes = ["3001", "003001"];

/** An app of the Builder tier that has made its 500,000 reads is refused until the month ends. */
const monthlyBlock = /core\s*plus|monthly|quota|offline/i;

/**
 * The table. What stands first wins, so the particular comes before the general.
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
 */
const table: readonly Row[] = [
  { status: [429], words: monthlyBlock, make: monthlyQuota },
  { status: [429], make: throttled },
  { code: throttleCodes, make: throttled },

  // The gateway tells its own failures with the same code as a wrong company.
  { status: [500, 502], code: ["3100"], make: (failure) => passing(failure, "QuickBooks failed at it.") },
  { code: ["3100", "3201"], make: (failure) => wrongCompany(failure) },
  // Companies live on clusters of their own; a sandbox company asked for in production is mostly what is behind it.
  // https://github.com/routablehq/python-quickbooks/issues/369
  { code: ["130"], make: (failure) => wrongCompany(failure) },
  { code: ["140"], make: (failure) => denied(failure, "The company is locked: its owner has to look in QuickBooks.") },
  { code: ["150"], make: (failure) => passing(failure, "The company is under maintenance.") },
  { code: ["120"], make: (failure) => denied(failure, "The user or the app may not do this in this company.") },
  { code: ["6190"], make: (failure) => denied(failure, "The company's subscription has ended or a payment is due.") },
  {
    code: ["5030", "5020"],
    make: (failure) => denied(failure, "The company's edition or the user's role does not offer this."),
  },
  { code: ["3200", "003200", "100"], make: refused },

  // Closed books have been told as 5010, too, and reading again does not open them.
  { code: ["5010"], words: /account period (?:has )?closed/i, make: closedBooks },
  { code: ["5010"], make: (failure) => conflict(failure, "The record was changed meanwhile. Read it again.") },
  // Lists of codes call 6210 closed books, a page of Intuit's a taken number: its words tell.
  { code: ["6200"], make: closedBooks },
  { code: ["6210"], words: /closed/i, make: closedBooks },
  { code: ["6240"], make: (failure) => conflict(failure, `A record with this name exists already. ${ownWrite}`) },
  {
    code: ["6140", "6210"],
    make: (failure) => conflict(failure, `A document with this number exists already. ${ownWrite}`),
  },
  {
    code: ["6540"],
    make: (failure) => rejected(failure, "The money is in a deposit: take it out of the deposit first."),
  },
  { code: ["610"], make: (failure) => notFound(failure, "There is no such record, or it is inactive or deleted.") },
  {
    code: ["4000", "4001", "4002"],
    make: (failure) => rejected(failure, "The query is not one that QuickBooks understands."),
  },

  // Payments: the card or the account was refused, and the same charge will be refused again.
  { code: /^PMT-/, make: (failure) => rejected(failure, "The payment was refused. Do not send it again unchanged.") },

  { status: [503, 504], make: (failure) => passing(failure, "QuickBooks is too busy.") },
  { code: ["10000", "500"], status: [500, 200], make: (failure) => passing(failure, "QuickBooks failed at it.") },
  { code: /^(?:2\d{3}|6\d{3})$/, make: (failure) => rejected(failure, "The record does not fit.") },
  { status: [200, 400], make: (failure) => rejected(failure, "Look at the code in Intuit's documentation.") },
];

const ownWrite = "After a write whose answer was lost, it may be your own: look it up.";

function fits({ status, code, words }: Row, fault: Fault, answered: number): boolean {
  if (status && !status.includes(answered)) return false;
  if (
    code &&
    !(fault.code !== undefined && (code instanceof RegExp ? code.test(fault.code) : code.includes(fault.code)))
  ) {
    return false;
  }
  return words === undefined || words.test(fault.words);
}

function toVendor({ words: _words, type: _type, ...vendor }: Fault) {
  return vendor;
}

function monthlyQuota({ summary, fault, retryAfterMs }: Failure): ConnectorError {
  const advice = "The app has used up its reads of this month at Intuit; it is refused until the month ends.";
  return new RateLimitError(`${summary}. ${advice}`, {
    vendor: toVendor(fault),
    quota: true,
    retryable: false,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function throttled({ summary, fault, retryAfterMs = throttlePauseMs }: Failure): ConnectorError {
  return new RateLimitError(`${summary}. Too many requests to this company. Try again in a minute.`, {
    vendor: toVendor(fault),
    retryAfterMs,
  });
}

function wrongCompany({ summary, fault }: Failure): ConnectorError {
  const advice =
    "The grant is for another company, or for the other environment (sandbox or production). Check the environment, or connect again.";
  return new ConnectorError("PERMISSION_DENIED", `${summary}. ${advice}`, { vendor: toVendor(fault) });
}

function refused({ summary, fault }: Failure): ConnectorError {
  return new AuthenticationError(`${summary}: it does not accept the token.`, { vendor: toVendor(fault) });
}

function denied({ summary, fault }: Failure, advice: string): ConnectorError {
  return new ConnectorError("PERMISSION_DENIED", `${summary}. ${advice}`, { vendor: toVendor(fault) });
}

function conflict({ summary, fault }: Failure, advice: string): ConnectorError {
  return new ConflictError(`${summary}. ${advice}`, { vendor: toVendor(fault) });
}

function closedBooks(failure: Failure): ConnectorError {
  return rejected(failure, "The books of that time are closed. Ask the company's administrator.");
}

function notFound({ summary, fault }: Failure, advice: string): ConnectorError {
  return new NotFoundError(`${summary}. ${advice}`, { vendor: toVendor(fault) });
}

function passing({ summary, fault }: Failure, advice: string): ConnectorError {
  return new TransientError("VENDOR_UNAVAILABLE", `${summary}. ${advice} Try again later.`, {
    vendor: toVendor(fault),
  });
}

function rejected({ summary, fault }: Failure, advice: string): ConnectorError {
  return new VendorError(`${summary}. ${advice}`, { vendor: toVendor(fault) });
}
