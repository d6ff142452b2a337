import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { BusinessData } from "../../../src/sap/business-data.js";
import type { AbapSessions } from "../../../src/sap/rfc/abap-sessions.js";
import type { RfcParts } from "../../../src/sap/rfc/parts.js";
import { RfcFaultList } from "../../../src/sap/rfc/rfc-faults.js";
import { addRfcRoutes } from "../../../src/sap/rfc/rfc-routes.js";
import { defaultRfcSettings, type RfcSettings } from "../../../src/sap/rfc/rfc-settings.js";
import { closeSandboxServer, createSandboxServer } from "../../../src/shared/sandbox-server.js";
import { findChild, readXml, type XmlElement } from "../../../src/shared/xml/read-xml.js";
import { createMemoryBusiness } from "../memory-business.js";

/** A running SOAP RFC handler and what stands behind it. */
export interface RfcServer {
  url: string;
  settings: RfcSettings;
  faults: RfcFaultList;
  business: BusinessData;
  sessions: AbapSessions;
  /** Moves its clock. */
  advance(milliseconds: number): void;
}

/** The user of the tests: ISTHMUS, password `secret`. */
export const authorization = `Basic ${Buffer.from("ISTHMUS:secret").toString("base64")}`;

/** Another user: OTHER, password `secret`. */
export const otherAuthorization = `Basic ${Buffer.from("OTHER:secret").toString("base64")}`;

/** Starts a handler for one test. */
export async function startRfcServer(changes: Partial<RfcSettings> = {}): Promise<RfcServer> {
  let now = Date.UTC(2026, 10, 26, 10, 30);
  let drawn = 0;
  let url = "";
  const clock = (): number => now;
  const server = await createSandboxServer({ clock, bodyLimit: 1 << 20, rateLimitAnswer: { status: 429, body: "" } });
  const settings = { ...defaultRfcSettings, ...changes };
  const faults = new RfcFaultList();
  const business = createMemoryBusiness();
  const parts: RfcParts = {
    clock,
    random: (size) => {
      drawn += 1;
      return Buffer.alloc(size, drawn);
    },
    settings,
    faults,
    systemId: "ISH",
    client: "100",
    baseUrl: () => url,
    logon: (request, reply) => {
      if (request.headers.authorization === authorization) return { name: "ISTHMUS", language: "E" };
      if (request.headers.authorization === otherAuthorization) return { name: "OTHER", language: "E" };
      void reply.code(401).type("text/html").send("<html><h1>Logon Failed</h1></html>");
      return undefined;
    },
    business,
    tables: () => [],
    modules: [],
  };
  const sessions = addRfcRoutes(server.app, parts);
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  onTestFinished(() => closeSandboxServer(server));
  const advance = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { url, settings, faults, business, sessions, advance };
}

/** An answer of the handler. */
export interface RfcAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The first element of the SOAP body; `undefined` when the answer is not SOAP. */
  content: XmlElement | undefined;
}

/** Posts a call as a client that knows nothing of WSDL does. */
export async function call(
  server: Pick<RfcServer, "url">,
  name: string,
  parameters = "",
  options: { query?: string; headers?: Record<string, string> } = {},
): Promise<RfcAnswer> {
  const body =
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:sap-com:document:sap:rfc:functions">' +
    `<soapenv:Header/><soapenv:Body><urn:${name}>${parameters}</urn:${name}></soapenv:Body></soapenv:Envelope>`;
  return post(server, body, options);
}

/** Posts a whole envelope. */
export async function post(
  server: Pick<RfcServer, "url">,
  body: string | Uint8Array<ArrayBuffer>,
  options: { query?: string; headers?: Record<string, string> } = {},
): Promise<RfcAnswer> {
  const response = await fetch(`${server.url}/sap/bc/soap/rfc?sap-client=100${options.query ?? ""}`, {
    method: "POST",
    body,
    headers: { authorization, "content-type": "text/xml; charset=utf-8", soapaction: '""', ...options.headers },
  });
  const text = await response.text();
  const xml = response.headers.get("content-type")?.startsWith("text/xml") === true;
  const content = xml ? findChild(readXml(text), "Body")?.children[0] : undefined;
  return { status: response.status, headers: response.headers, text, content };
}

/** The text at a path of local names below an answer's content; `undefined` where there is no such element. */
export function textAt(answer: RfcAnswer, ...path: string[]): string | undefined {
  let element = answer.content;
  for (const name of path) element = findChild(element, name);
  return element?.text;
}

/** The rows of a table of an answer as objects; `undefined` when the table did not return. */
export function rowsOf(answer: RfcAnswer, table: string): Record<string, string>[] | undefined {
  const found = findChild(answer.content, table);
  return found?.children.map((row) => Object.fromEntries(row.children.map(({ name, text }) => [name, text])));
}

/** The cookie that an answer sets, as a client sends it back. */
export function cookieOf(answer: RfcAnswer): string {
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** A whole order of two pumps for customer 1000. */
export const orderXml = [
  "<ORDER_HEADER_IN><DOC_TYPE>TA</DOC_TYPE><SALES_ORG>1000</SALES_ORG><DISTR_CHAN>10</DISTR_CHAN><DIVISION>00</DIVISION>",
  "<PURCH_NO_C>PO-7</PURCH_NO_C></ORDER_HEADER_IN>",
  "<ORDER_ITEMS_IN><item><ITM_NUMBER>000010</ITM_NUMBER><MATERIAL>FG-100</MATERIAL><TARGET_QTY>2</TARGET_QTY></item></ORDER_ITEMS_IN>",
  "<ORDER_PARTNERS><item><PARTN_ROLE>AG</PARTN_ROLE><PARTN_NUMB>0000001000</PARTN_NUMB></item></ORDER_PARTNERS><RETURN/>",
].join("");

/** The numbers of the orders that customer 1000 has, as GETLIST tells them. */
export async function listOrders(server: RfcServer, headers: Record<string, string> = {}): Promise<string[]> {
  const answer = await call(
    server,
    "BAPI_SALESORDER_GETLIST",
    "<CUSTOMER_NUMBER>0000001000</CUSTOMER_NUMBER><SALES_ORDERS/>",
    { headers },
  );
  return (rowsOf(answer, "SALES_ORDERS") ?? []).map(({ SD_DOC = "" }) => SD_DOC);
}
