import type { SapHttp } from "../http/sap-http.js";
import { toXmlName } from "./abap-names.js";
import type { DescribedModule } from "./describe-module.js";
import { readAnswer } from "./read-answer.js";
import { readFields } from "./read-value.js";
import type { RfcParameters, RfcValue } from "./rfc-types.js";
import { writeEnvelope } from "./strong-soap.js";
import { toSoapParameters } from "./to-soap-parameters.js";

/**
 * Whether the ABAP session goes on after a request or ends with it. The cookies say which session it is; this is the query that
 * SAP's own Java client adds for it: `session_mode=1` to keep, `session_mode=2` at the last request.
 * @see https://help.sap.com/doc/saphelp_nw73/7.3.16/en-US/48/d1853df6c96745e10000000a421937/content.htm (stateful communication)
 */
export type SessionPlace = "goes on" | "last";

/** How one call is sent. */
export interface SendOptions {
  readonly http: SapHttp;
  /** Default `/sap/bc/soap/rfc`. */
  readonly path: string;
  /** Whether it only reads, so that a lost answer leaves no doubt. */
  readonly idempotent: boolean;
  readonly reconcile: string;
  readonly signal?: AbortSignal;
  /** Its place in a session. Missing: it has an ABAP session of its own, which ends with the answer. */
  readonly session?: SessionPlace;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Calls a function module once: checks the parameters, sends, reads the answer by the WSDL's types.
 *
 * @returns What it exports, changes and fills, by ABAP names.
 * @throws {ValidationError} before anything is sent; whatever `readAnswer` throws; what the transport throws.
 */
export async function sendCall(
  module: DescribedModule,
  parameters: RfcParameters,
  options: SendOptions,
): Promise<Record<string, RfcValue>> {
  const { http, path, idempotent, reconcile, signal, session, now } = options;
  const { name, input, output, responseName } = module.interface;
  // A WSDL of SOAMANAGER's serves for /sap/bc/soap/rfc too, which answers in its own way.
  const responseNames = [responseName, `${toXmlName(name)}.Response`];
  const soapParameters = toSoapParameters(parameters, input);
  const envelope = writeEnvelope(module.wsdl, module.place, soapParameters);
  const request = {
    method: "POST" as const,
    path: session ? `${path}${path.includes("?") ? "&" : "?"}session_mode=${session === "last" ? 2 : 1}` : path,
    headers: envelope.headers,
    body: envelope.xml,
    name: `rfc.${name}`,
    idempotent,
    reconcile,
    // The transport would repeat a 500 of a call that reads, and a dump is a 500: it is never repeated.
    ...(idempotent && { maxAttempts: 1 }),
    ...(signal && { signal }),
  };
  const answer = await http.request(request);
  return readFields(readAnswer(answer, request, responseNames, now()), output);
}
