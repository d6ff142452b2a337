import { ConnectorError, OutcomeUnknownError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { itemFailure } from "../item-failure.js";
import { asFailed, reconcile, type Subrequest } from "./subrequest.js";

/** What became of one call within another. */
export interface SubrequestResult {
  readonly referenceId: string;
  /** Its HTTP status; 0 where the answer leaves it out. */
  readonly status: number;
  /** What it was answered; `null` for an empty answer, and for a failure. */
  readonly body: unknown;
  /** What the same call on its own would have thrown. */
  readonly error?: ConnectorError;
  /**
   * Whether it did not fail by itself: it was taken back, or never begun, because another one failed. The culprit is the
   * one with an error that is not halted.
   */
  readonly halted: boolean;
}

const haltedCodes: ReadonlySet<string> = new Set([
  "PROCESSING_HALTED",
  "BATCH_PROCESSING_HALTED",
  "ALL_OR_NONE_OPERATION_ROLLED_BACK",
]);

/** Whether an error says that another one is to blame. */
export function isHalted(error: ConnectorError): boolean {
  return error.vendor?.code !== undefined && haltedCodes.has(error.vendor.code);
}

/** The status and the body of one call's answer. */
export function readSubresult(
  api: SalesforceApi,
  name: string,
  { referenceId, method }: Subrequest,
  idempotent: boolean,
  { status, body }: { readonly status: unknown; readonly body: unknown },
): SubrequestResult {
  if (typeof status !== "number") return missingResult(referenceId, idempotent, name);
  if (status >= 200 && status < 300) return { referenceId, status, body: body ?? null, halted: false };
  const failed = asFailed(name, method, idempotent);
  const error = itemFailure(api, body, failed, status);
  if (!isHalted(error)) return { referenceId, status, body: null, error, halted: false };
  // Whatever its status says (a batch's 412), nobody else changed a record.
  return { referenceId, status, body: null, error: itemFailure(api, body, failed, 400), halted: true };
}

/** The results of calls that are told by their references. */
export function readSubresults(
  api: SalesforceApi,
  name: string,
  requests: readonly Subrequest[],
  idempotent: boolean,
  answers: unknown,
): readonly SubrequestResult[] {
  const list = (Array.isArray(answers) ? answers : []).filter(isObject);
  const refused = list.find(({ referenceId }) => referenceId === null);
  // Too many of something is told within a success, as the failure of no call.
  if (refused && Number(refused.httpStatusCode) >= 400) {
    throw itemFailure(api, refused.body, asFailed(name, "POST", idempotent), Number(refused.httpStatusCode));
  }
  const byReference = new Map(list.map((answer) => [answer.referenceId, answer]));
  const results = requests.map((request) => {
    const { httpStatusCode, body } = byReference.get(request.referenceId) ?? {};
    return readSubresult(api, name, request, idempotent, { status: httpStatusCode, body });
  });
  return results.some(({ error, halted }) => error && !halted) ? results : results.map(blameReference);
}

/** A reference to what is not there is told like a bystander; where nobody else is to blame, it is the culprit. */
function blameReference(result: SubrequestResult): SubrequestResult {
  const isCulprit = /\breference\b/i.test(result.error?.vendor?.message ?? "");
  return isCulprit ? { ...result, halted: false } : result;
}

/** The answer leaves a call out: it may have been done. */
export function missingResult(referenceId: string, idempotent: boolean, name: string): SubrequestResult {
  const message = `Salesforce's answer to ${name} leaves a call out. Look its result up.`;
  const error = idempotent
    ? new ConnectorError("UNEXPECTED_RESPONSE", message)
    : new OutcomeUnknownError(message, { reconcile });
  return { referenceId, status: 0, body: null, error, halted: false };
}

/** Whether a value has properties to look at. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
