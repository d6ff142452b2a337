import type { SapLogon } from "../logon/sap-request.js";
import type { SapState } from "../state.js";
import { ODataFailure } from "./failure.js";
import type { ServiceModel } from "./model/service-model.js";
import type { ReadEngine } from "./read-engine.js";
import { renderFailure } from "./render/render-failure.js";

/** One request to a service: of its own, or a part of a batch. */
export interface ODataCall {
  state: SapState;
  engine: ReadEngine;
  service: ServiceModel;
  logon: SapLogon;
  /** In capitals; a tunnelled one (`X-HTTP-Method`) is the inner. */
  method: string;
  /** The path below the service's root, percent-encoded as sent. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
  /** The service's root as the caller reached it, with `/` at the end. */
  rootUrl: string;
}

/** The answer to one request. */
export interface ODataResponse {
  status: number;
  headers: Record<string, string>;
  /** "" for none. */
  body: string;
}

/** An answer in the protocol's form to a request that failed. Anything but an `ODataFailure` is thrown on. */
export function toFailureResponse(error: unknown, call: Omit<ODataCall, "engine" | "body">): ODataResponse {
  if (!(error instanceof ODataFailure)) throw error;
  const { contentType, body } = renderFailure(error, {
    service: call.service,
    language: call.logon.language,
    transactionId: Buffer.from(call.state.random(16)).toString("hex").toUpperCase(),
    now: call.state.clock(),
    json: isJsonAccepted(call),
  });
  return { status: error.status, headers: { "content-type": contentType, ...versionHeader(call.service) }, body };
}

/** Whether a v2 caller asked for JSON: a Gateway writes Atom otherwise. */
export function isJsonAccepted({ headers, query }: Pick<ODataCall, "headers" | "query">): boolean {
  return query.get("$format") === "json" || (headers.accept ?? "").includes("json");
}

/** `dataserviceversion` or `odata-version`. */
export function versionHeader({ version }: ServiceModel): Record<string, string> {
  return version === "2.0" ? { dataserviceversion: "2.0" } : { "odata-version": "4.0" };
}
