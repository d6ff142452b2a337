import { type AccessToken, type ConnectorRequest, escapeXml, type TransportResponse } from "@isthmus/core";

/** One call of the SOAP partner API. */
export interface SoapCall {
  /** For metrics and messages: `records.undelete`. */
  readonly name: string;
  /** What stands in the envelope's body, in the prefix `urn`. */
  readonly content: string;
  readonly idempotent: boolean;
  readonly signal?: AbortSignal;
}

/** What SOAP calls go through. */
export interface SoapCallerOptions {
  /** As in the configuration: `v60.0`. */
  readonly apiVersion: string;
  /** @param notVersion - The version of a token that Salesforce has just refused. */
  accessToken(signal: AbortSignal | undefined, notVersion?: number): Promise<AccessToken>;
  /** Sends; every status is an answer. */
  sendRaw(request: ConnectorRequest): Promise<TransportResponse>;
}

/**
 * Makes SOAP calls. The session stands in the body there, so that the body is written here, for one request, and nobody
 * else gets to see it. An ended session is told with status 500 and renewed once, as a 401 is elsewhere.
 *
 * @returns The answer, whatever its status.
 */
export async function callSoap(options: SoapCallerOptions, call: SoapCall): Promise<TransportResponse> {
  const token = await options.accessToken(call.signal);
  const response = await options.sendRaw(toRequest(options, call, token));
  if (!isSessionFault(response)) return response;
  const renewed = await options.accessToken(call.signal, token.version);
  return options.sendRaw(toRequest(options, call, renewed));
}

function toRequest(options: SoapCallerOptions, call: SoapCall, token: AccessToken): ConnectorRequest {
  const { name, idempotent, content, signal } = call;
  return {
    name,
    method: "POST",
    path: `/services/Soap/u/${versionFor(token, options.apiVersion)}`,
    headers: { "content-type": "text/xml; charset=UTF-8", soapaction: '""' },
    body: `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com"><soapenv:Header><urn:SessionHeader><urn:sessionId>${escapeXml(token.value)}</urn:sessionId></urn:SessionHeader></soapenv:Header><soapenv:Body>${content}</soapenv:Body></soapenv:Envelope>`,
    idempotent,
    ...(signal && { signal }),
  };
}

/** SOAP takes access tokens that are JSON Web Tokens from v68.0 on only; what is called here is the same in all of them. */
const firstWithJwt = 68;

function versionFor({ value }: AccessToken, apiVersion: string): string {
  const version = Number(apiVersion.slice(1));
  const isJwt = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(value);
  return `${isJwt ? Math.max(version, firstWithJwt) : version}.0`;
}

function isSessionFault(response: TransportResponse): boolean {
  return response.status === 500 && /<faultcode>[^<]*INVALID_SESSION_ID</.test(response.text());
}
