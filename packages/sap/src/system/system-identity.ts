import { type ConnectedAccount, ConnectorError, type TransportResponse } from "@isthmus/core";
import { pageInstead, readHtmlPage } from "../errors/html-page.js";
import { mapSapFailure } from "../errors/map-sap-failure.js";
import type { SapHttp } from "../http/sap-http.js";
import type { SapConfiguration } from "../options/configuration.js";

/** What a system tells of itself without being asked. */
export interface SystemNames {
  /** System id: three characters, such as `S4H`. */
  readonly systemId: string;
  readonly client: string;
}

/** SAP names its session cookies after system and client: `SAP_SESSIONID_S4H_100`, `sap-XSRF_S4H_100`. */
const sessionCookie = /^(?:SAP_SESSIONID|sap-XSRF)_([A-Z][A-Z0-9]{2})_(\d{3})$/;

/** The system by the names of its cookies; `undefined` where none of them tells. */
export function readSystemNames(cookieNames: readonly string[]): SystemNames | undefined {
  for (const name of cookieNames) {
    const [, systemId, client] = sessionCookie.exec(name) ?? [];
    if (systemId !== undefined && client !== undefined) return { systemId, client };
  }
  return undefined;
}

/**
 * The account that a connection is to: system and client. Where the system does not name itself, its host stands for it.
 *
 * @param user - Whom we log on as, where that is known here.
 */
export function toConnectedAccount(
  { url, client }: Pick<SapConfiguration, "url" | "client">,
  names: SystemNames | undefined,
  user: string | undefined,
): ConnectedAccount {
  const { host } = new URL(url);
  const inClient = names?.client ?? client;
  return {
    id: [names?.systemId ?? host, ...(inClient === undefined ? [] : [inClient])].join("/"),
    name: `${names ? `${names.systemId} at ` : ""}${host}${inClient === undefined ? "" : `, client ${inClient}`}`,
    // SAP tells the role of a client (T000-CCCATEGORY) to nobody who asks from outside.
    environment: "unknown",
    ...(user !== undefined && { user }),
  };
}

/**
 * Reads a service's `$metadata`, which proves the way to it, the logon and the service.
 *
 * @throws {AuthenticationError} for a refused logon, a locked user, a logon page in place of the document.
 * @throws {NotFoundError} when there is no such service.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when something else than metadata comes.
 */
export async function fetchMetadata(
  http: SapHttp,
  path: string,
  { signal, nowMs }: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<TransportResponse> {
  const name = "metadata.read";
  const request = { method: "GET", path: `${path.replace(/\/$/, "")}/$metadata`, name, signal } as const;
  const response = await http.request({ ...request, headers: { accept: "application/xml" } });
  if (response.status !== 200) throw mapSapFailure(response, request, undefined, nowMs);
  if (/<(?:[\w.-]+:)?Edmx[\s>]/.test(response.body.subarray(0, 4_096).toString("latin1"))) return response;
  const page = mapSapFailure(response, request, undefined, nowMs);
  if (page.code === "AUTHENTICATION_FAILED") throw page;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `What ${path} calls its metadata is no OData metadata document.`);
}

/**
 * Asks the system for its smallest page, where the configuration names nothing else to ask for.
 *
 * @throws {NotFoundError} when the node `/sap/bc/ping` is not active (SICF).
 */
export async function pingSystem(
  http: SapHttp,
  { signal, nowMs }: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<void> {
  const request = { method: "GET", path: "/sap/bc/ping", name: "system.ping", signal } as const;
  const response = await http.request(request);
  const failure = response.status === 200 ? readLogonPage(response) : undefined;
  if (failure) throw failure;
  if (response.status !== 200) throw mapSapFailure(response, request, undefined, nowMs);
}

/** The page itself is HTML and says that the server is there; one to log a person on is something else. */
function readLogonPage(response: TransportResponse): ConnectorError | undefined {
  const page = readHtmlPage(response);
  return page?.isLogon ? pageInstead(page, "system.ping", response.status) : undefined;
}
