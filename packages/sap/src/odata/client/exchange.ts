import { type ConnectorError, codeOf, OutcomeUnknownError, type TransportResponse } from "@isthmus/core";
import { type FailedRequest, mapSapFailure } from "../../errors/map-sap-failure.js";
import { readJsonFault, readODataFault } from "../../errors/odata-fault.js";
import type { SapFault } from "../../errors/sap-fault.js";
import type { SapRequest } from "../../http/sap-http.js";
import type { ODataVersion } from "../model.js";
import { type ODataAnswer, TextAnswer } from "./answer.js";
import type { CallOptions, ODataCall } from "./call.js";
import { readExactJson } from "./exact-json.js";
import type { ODataParts } from "./parts.js";

/** A failure's body is looked at up to this size, in bytes. */
const largestFault = 1024 * 1024;

/** Sends calls one by one and turns what is no success into errors. */
export class ODataExchange {
  readonly #parts: Pick<ODataParts, "http" | "root" | "model" | "clock">;

  constructor(parts: Pick<ODataParts, "http" | "root" | "model" | "clock">) {
    this.#parts = parts;
  }

  /** @throws {ConnectorError} whatever `mapSapFailure` makes of the answer. */
  async run<Result>(call: ODataCall<Result>, options: CallOptions = {}): Promise<Result> {
    const request = this.toRequest(call, options);
    const response = await this.#parts.http.request(request);
    // Decoded once, however often it is looked at.
    const answer = new TextAnswer(response.status, response.headers, response.text());
    this.assertGood(answer, request);
    return this.read(call, answer);
  }

  /**
   * What a success says.
   *
   * @throws {OutcomeUnknownError} when it is that of a change and cannot be read: the change was most likely made.
   */
  read<Result>(call: ODataCall<Result>, answer: ODataAnswer): Result {
    try {
      return call.read(answer);
    } catch (error) {
      if (!call.changes || codeOf(error) !== "UNEXPECTED_RESPONSE") throw error;
      throw new OutcomeUnknownError(
        `${call.name} was answered with a success that cannot be read. It may have taken effect.`,
        {
          cause: error,
          reconcile: call.reconcile ?? `Read in SAP what ${call.name} would have changed, before sending it again.`,
        },
      );
    }
  }

  /** A call as it goes alone. */
  toRequest(call: ODataCall, { signal }: CallOptions): SapRequest {
    const { root, model } = this.#parts;
    const { name, method, path, headers, body, changes, idempotent, reconcile } = call;
    return {
      name,
      method,
      path: `${root}${path}`,
      headers: { ...headersOf(model.version, body !== undefined), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(changes && { csrfRoot: root }),
      ...(idempotent !== undefined && { idempotent }),
      ...(reconcile !== undefined && { reconcile }),
      ...(signal && { signal }),
    };
  }

  /** @throws {ConnectorError} unless it is a success that carries no error. */
  assertGood(answer: ODataAnswer, request: FailedRequest): void {
    const failure = this.failureOf(answer, request);
    if (failure) throw failure;
  }

  /** What the answer fails by; `undefined` for a success. */
  failureOf(answer: ODataAnswer, request: FailedRequest): ConnectorError | undefined {
    const nowMs = this.#parts.clock.now();
    if (!isGood(answer)) return mapSapFailure(answer, request, readODataFault(answer), nowMs);
    const fault = faultInSuccess(answer);
    // What it says decides; a status of success must not.
    return fault && mapSapFailure({ status: 400, headers: answer.headers }, request, fault, nowMs);
  }
}

/** The headers that every call has. Without `IEEE754Compatible` v4 sends Edm.Int64 and Edm.Decimal as inexact numbers. */
export function headersOf(version: ODataVersion, hasBody: boolean): Readonly<Record<string, string>> {
  const json = version === "v4" ? "application/json;IEEE754Compatible=true" : "application/json";
  return { accept: json, ...(hasBody && { "content-type": json }) };
}

/** Whether the status is one of success. */
export function isGood({ status }: Pick<TransportResponse, "status">): boolean {
  return status >= 200 && status < 300;
}

/** Some services answer 200 with an error in the body, mostly from what stands between. */
function faultInSuccess(answer: ODataAnswer): SapFault | undefined {
  const text = answer.text().slice(0, largestFault);
  // An entity may have a property of that name: an error stands alone.
  if (!/^\s*\{\s*"(odata\.)?error"\s*:\s*\{/.test(text)) return undefined;
  const body = readExactJson(text);
  return typeof body === "object" && body !== null && Object.keys(body).length === 1 ? readJsonFault(body) : undefined;
}
