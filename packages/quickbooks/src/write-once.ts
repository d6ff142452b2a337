import { createHash } from "node:crypto";
import {
  type Clock,
  type ConnectorError,
  codeOf,
  isConnectorError,
  OutcomeUnknownError,
  type Random,
  TransientError,
} from "@isthmus/core";
import { type Api, type ApiAnswer, type ApiRequest, requireJson } from "./api.js";
import { isThrottled } from "./errors.js";

/** What a write takes beside its content. */
export interface WriteOptions {
  /**
   * The caller's own key for this write: calling again with the same key never has a second effect, also after a crash.
   * Default: a new one, which only the repetitions within this call share.
   */
  readonly idempotencyKey?: string;
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

/** What {@link writeOnce} works with. */
export interface WriteParts {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** How the Accounting API (`requestid`) and the Payments API (`Request-Id`) want to be told the key. */
export type KeyPlace = "query" | "header";

const mostTries = 4;
const firstPauseMs = 500;

/**
 * Writes so that it happens once. Intuit answers a second request with the same `requestid` by what it did at the first: so
 * a write whose answer was lost is sent again with its key, and what comes back is its own result.
 *
 * @throws {OutcomeUnknownError} when no try was answered and one may have arrived, and the caller gave no key of their own.
 *   With one, the failure is a `TransientError`: calling again with the same key is safe.
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/rest-api-features#request-id
 */
export async function writeOnce(
  parts: WriteParts,
  request: ApiRequest,
  { idempotencyKey, signal = parts.signal }: WriteOptions,
  keyPlace: KeyPlace = "query",
): Promise<unknown> {
  const { api, clock, random } = parts;
  const requestId = idempotencyKey === undefined ? random.uuid() : requestIdOfKey(idempotencyKey);
  const sent = { ...withKey(request, requestId, keyPlace), signal, idempotent: false, maxAttempts: 1 };
  let mayHaveArrived = false;
  const giveUp = (failure: ConnectorError) => {
    if (!mayHaveArrived) return failure;
    return idempotencyKey === undefined ? unknownOutcome(request, requestId, failure) : callAgain(request, failure);
  };
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryOnce(api, sent);
    if (tried.failure === undefined) return requireJson(tried.answer, request.name);
    const { answer, failure } = tried;
    if (!isPassing(answer, failure)) throw isDecided(answer) ? failure : giveUp(failure);
    mayHaveArrived ||= leavesDoubt(answer, failure);
    // A 500 is mostly a defect that stays: one repetition, no more.
    const tries = answer?.status === 500 ? 2 : mostTries;
    if (attempt >= tries) throw giveUp(failure);
    try {
      await clock.sleep(random.number() * firstPauseMs * 2 ** (attempt - 1), signal);
    } catch {
      throw giveUp(failure);
    }
  }
}

/** At most 50 characters, whatever the caller's key is made of. */
function requestIdOfKey(idempotencyKey: string): string {
  return createHash("sha256").update(idempotencyKey).digest("base64url");
}

type Tried =
  | { readonly answer: ApiAnswer; readonly failure: undefined }
  | { readonly answer: ApiAnswer | undefined; readonly failure: ConnectorError };

async function tryOnce(api: Api, sent: ApiRequest & { readonly idempotent: boolean }): Promise<Tried> {
  try {
    const answer = await api.exchange(sent);
    if (api.isGood(answer)) return { answer, failure: undefined };
    return { answer, failure: api.failure(answer, { ...sent, idempotent: true }) };
  } catch (error) {
    if (!isConnectorError(error)) throw error;
    return { answer: undefined, failure: error };
  }
}

/** Whether the same request may be answered better the next time. */
function isPassing(answer: ApiAnswer | undefined, failure: ConnectorError): boolean {
  if (answer !== undefined) return failure.code === "VENDOR_UNAVAILABLE";
  return ["OUTCOME_UNKNOWN", "CONNECTION_FAILED", "TIMEOUT", "RESPONSE_CUT"].includes(codeOf(failure));
}

/** Intuit said no: had an earlier try been done, this one would have been answered by its result. */
function isDecided(answer: ApiAnswer | undefined): boolean {
  return answer !== undefined && !isThrottled(answer);
}

function leavesDoubt(answer: ApiAnswer | undefined, failure: ConnectorError): boolean {
  if (answer !== undefined) return answer.status !== 503;
  return failure.code !== "CONNECTION_FAILED";
}

function withKey(request: ApiRequest, requestId: string, place: KeyPlace): ApiRequest {
  if (place === "header") return { ...request, headers: { ...request.headers, "request-id": requestId } };
  return { ...request, query: { ...request.query, requestid: requestId } };
}

function callAgain({ name }: ApiRequest, cause: ConnectorError): TransientError {
  const message = `No try of ${name} was answered. Call again with the same idempotency key: it is not done twice.`;
  return new TransientError("VENDOR_UNAVAILABLE", message, { cause, ...(cause.vendor && { vendor: cause.vendor }) });
}

function unknownOutcome({ name }: ApiRequest, requestId: string, cause: ConnectorError): OutcomeUnknownError {
  return new OutcomeUnknownError(`No try of ${name} was answered, and one may have arrived at QuickBooks.`, {
    cause,
    ...(cause.vendor && { vendor: cause.vendor }),
    reconcile: `Look the record up in QuickBooks by what you sent. Or send exactly the same again with requestid=${requestId}: QuickBooks then answers with what it did the first time. Give writes an idempotency key, and calling again does that.`,
  });
}
