import { ConnectorError, isConnectorError, OutcomeUnknownError, type TransportResponse } from "@isthmus/core";
import type { SapRequest } from "../../http/sap-http.js";
import { headerOf, type ODataAnswer } from "./answer.js";
import { readJson, readParts, wrongCount } from "./batch-answers.js";
import {
  assertBatch,
  type BatchItem,
  type BatchResult,
  type BatchResults,
  callsOf,
  isChangeset,
  type RawResult,
} from "./batch-items.js";
import type { CallOptions, ODataCall } from "./call.js";
import { isGood, type ODataExchange } from "./exchange.js";
import { writeJsonBatch } from "./json-batch.js";
import { writeMultipart } from "./multipart-writer.js";
import type { ODataParts } from "./parts.js";

/** How a batch is sent. */
export interface BatchOptions extends CallOptions {
  /** Default `multipart`, which every service knows. `json` is of v4, and of newer services. */
  readonly format?: "multipart" | "json";
  /** Whether items after one that failed are done too. Default true. Services of v2 may do them anyway. */
  readonly continueOnError?: boolean;
}

type Parts = Pick<ODataParts, "http" | "root" | "model" | "random">;

/**
 * Runs calls in one request. Its results come in the order of the items, whatever their outcome.
 *
 * @throws {OutcomeUnknownError} when it has changes and its answer is lost or cannot be read.
 */
export async function runBatch<const Items extends readonly BatchItem[]>(
  parts: Parts,
  exchange: ODataExchange,
  items: Items,
  { format = "multipart", continueOnError = true, signal }: BatchOptions,
): Promise<BatchResults<Items>> {
  assertBatch(items);
  if (format === "json" && parts.model.version === "v2") {
    throw new ConnectorError("UNSUPPORTED", "OData v2 has no batches in JSON. Use multipart.");
  }
  const request = { ...toRequest(parts, items, format, continueOnError), ...(signal && { signal }) };
  const answer = await parts.http.request(request);
  // A multipart answer may be large, and never is an error itself.
  if (!isGood(answer) || !isMultipart(answer)) exchange.assertGood(answer, request);
  const raw = readOrSayUnknown(request, () => (format === "json" ? readJson(answer, items) : readParts(answer, items)));
  return items.map((item, index) => toResult(exchange, item, raw[index] ?? { notDone: true })) as BatchResults<Items>;
}

function isMultipart(answer: TransportResponse): boolean {
  return /^\s*multipart\//i.test(headerOf(answer, "content-type") ?? "");
}

function toRequest(
  { root, random, model }: Parts,
  items: readonly BatchItem[],
  format: "multipart" | "json",
  continueOnError: boolean,
): SapRequest & { readonly reconcile: string } {
  const changes = items.flatMap(callsOf).some((call) => call.changes);
  const makeBoundary = () => `isthmus_${random.bytes(18).toString("hex")}`;
  const written =
    format === "json"
      ? {
          contentType: "application/json",
          accept: "application/json;IEEE754Compatible=true",
          body: writeJsonBatch(items),
        }
      : { accept: "multipart/mixed", ...writeMultipart(items, model.version, makeBoundary) };
  return {
    name: "batch",
    method: "POST",
    path: `${root}$batch`,
    headers: {
      accept: written.accept,
      "content-type": written.contentType,
      ...(model.version === "v4" && { "odata-version": format === "json" ? "4.01" : "4.0" }),
      // v2 does not know it and goes on anyway; where v2 is only a face of v4 it is handed on.
      ...(continueOnError && { prefer: "odata.continue-on-error" }),
    },
    body: written.body,
    csrfRoot: root,
    // One of reads only may be sent again, although it is a POST.
    idempotent: !changes,
    reconcile: "Read the records of the batch and compare them with what was sent, before sending any of it again.",
  };
}

/** A batch whose changes may have been made is no failure like another one. */
function readOrSayUnknown<Result>(request: SapRequest & { readonly reconcile: string }, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isConnectorError(error) || request.idempotent === true) throw error;
    throw new OutcomeUnknownError(`${error.message} Its changes may have been made.`, {
      cause: error,
      reconcile: request.reconcile,
    });
  }
}

function toResult(exchange: ODataExchange, item: BatchItem, raw: RawResult) {
  const results = callsOf(item).map((call, index) => toCallResult(exchange, call, raw, index));
  return isChangeset(item) ? results : results[0];
}

function toCallResult(exchange: ODataExchange, call: ODataCall, raw: RawResult, index: number): BatchResult {
  if ("notDone" in raw) {
    const message = `${call.name} was not done, because the service stopped at an earlier failure of the batch.`;
    return { ok: false, error: new ConnectorError("CANCELLED", message) };
  }
  if ("failed" in raw) return { ok: false, error: failureOf(exchange, raw.failed, call) };
  const answer = raw.answers[index];
  if (answer === undefined) throw wrongCount();
  const error = exchange.failureOf(answer, call);
  if (error) return { ok: false, error };
  try {
    return { ok: true, value: exchange.read(call, answer) };
  } catch (thrown) {
    if (!isConnectorError(thrown)) throw thrown;
    return { ok: false, error: thrown };
  }
}

function failureOf(exchange: ODataExchange, answer: ODataAnswer, call: ODataCall): ConnectorError {
  return exchange.failureOf(answer, call) ?? wrongCount();
}
