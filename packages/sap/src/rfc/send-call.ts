import {
  type ConnectorError,
  codeOf,
  isConnectorError,
  OutcomeUnknownError,
  type TransportResponse,
} from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import { toXmlName } from "./abap-names.js";
import type { DescribedModule } from "./describe-module.js";
import { assertActive, readAnswer } from "./read-answer.js";
import { readFields } from "./read-value.js";
import type { RfcParameters, RfcValue } from "./rfc-types.js";
import { writeEnvelope } from "./strong-soap.js";
import { toSoapParameters } from "./to-soap-parameters.js";

/** Where in its session a request stands. */
export type SessionPlace = "first" | "next" | "last";

/**
 * The query by which a request asks for its session to be kept or ended; which session it is, the cookies say. `session_mode`
 * is what SAP's own Java client adds for function modules as web services, `sap-sessioncmd` what the Internet Communication
 * Framework itself takes.
 * @see https://help.sap.com/saphelp_470/helpdata/EN/ce/3dd23a09313b37e10000000a11405a/content.htm (sap-sessioncmd)
 * @see https://help.sap.com/doc/saphelp_nw73/7.3.16/en-US/48/d1853df6c96745e10000000a421937/content.htm (stateful communication)
 */
export type SessionQueries = Readonly<Record<SessionPlace, string>>;

/** Both; a system takes the one that it knows. */
export const defaultSessionQueries: SessionQueries = {
  first: "session_mode=1&sap-sessioncmd=open",
  next: "session_mode=1",
  last: "session_mode=2&sap-sessioncmd=close",
};

/** How one call is sent. */
export interface SendOptions {
  readonly http: SapHttp;
  /** Default `/sap/bc/soap/rfc`. */
  readonly path: string;
  /** Whether it only reads, so that a lost answer leaves no doubt. */
  readonly idempotent: boolean;
  readonly reconcile: string;
  readonly signal?: AbortSignal;
  /** What it asks of its session. Missing: it has an ABAP session of its own, which ends with the answer. */
  readonly sessionQuery?: string;
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
  const { http, path, idempotent, reconcile, signal, sessionQuery, now } = options;
  const { name, input, output, responseName } = module.interface;
  // A WSDL of SOAMANAGER's serves for /sap/bc/soap/rfc too, which answers in its own way.
  const responseNames = [responseName, `${toXmlName(name)}.Response`];
  const soapParameters = toSoapParameters(parameters, input);
  const envelope = writeEnvelope(module.wsdl, module.place, soapParameters, path.startsWith("/sap/bc/srt/"));
  const request = {
    method: "POST" as const,
    path: sessionQuery === undefined ? path : `${path}${path.includes("?") ? "&" : "?"}${sessionQuery}`,
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
  assertActive(answer, path);
  try {
    return readFields(readAnswer(answer, request, responseNames, now()), output);
  } catch (error) {
    if (codeOf(error) === "AUTHENTICATION_FAILED") http.refuseLogon();
    // Within a session nothing is committed yet. Without one the module may have committed by itself.
    if (idempotent || sessionQuery !== undefined || !isUnreadableSuccess(error, answer)) throw error;
    throw new OutcomeUnknownError(`${error.message} The call may have taken effect.`, { cause: error, reconcile });
  }
}

function isUnreadableSuccess(error: unknown, { status }: TransportResponse): error is ConnectorError {
  const code = isConnectorError(error) ? error.code : undefined;
  return status >= 200 && status < 300 && (code === "UNEXPECTED_RESPONSE" || code === "RESPONSE_TOO_LARGE");
}
