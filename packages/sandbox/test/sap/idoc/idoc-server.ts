import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { addIdocRoutes } from "../../../src/sap/idoc/idoc-routes.js";
import { defaultIdocSettings, type IdocSettings } from "../../../src/sap/idoc/idoc-settings.js";
import { IdocStore, statusOf } from "../../../src/sap/idoc/idoc-store.js";
import { idocTables } from "../../../src/sap/idoc/idoc-tables.js";
import { idocInboundAsynchronous } from "../../../src/sap/idoc/inbound-module.js";
import type { IdocParts } from "../../../src/sap/idoc/parts.js";
import { RfcFaultList } from "../../../src/sap/rfc/rfc-faults.js";
import { addRfcRoutes } from "../../../src/sap/rfc/rfc-routes.js";
import { defaultRfcSettings } from "../../../src/sap/rfc/rfc-settings.js";
import { closeSandboxServer, createSandboxServer } from "../../../src/shared/sandbox-server.js";
import { createMemoryBusiness } from "../memory-business.js";
import { authorization } from "../rfc/rfc-server.js";

/** Running IDoc services beside a SOAP RFC handler. */
export interface IdocServer extends IdocParts {
  url: string;
  /** The statuses that the IDocs have now, oldest IDoc first. */
  statuses(): string[];
}

/** Starts the services for one test. */
export async function startIdocServer(changes: Partial<IdocSettings> = {}): Promise<IdocServer> {
  const clock = (): number => Date.UTC(2026, 10, 26, 10, 30);
  const server = await createSandboxServer({ clock, bodyLimit: 1 << 20, rateLimitAnswer: { status: 429, body: "" } });
  const idocs = new IdocStore(clock);
  const parts: IdocParts = {
    clock,
    random: (size) => Buffer.alloc(size, 7),
    systemId: "ISH",
    client: "100",
    settings: { ...defaultIdocSettings, ...changes },
    idocs,
    business: createMemoryBusiness(),
    logon: (request, reply) => {
      if (request.headers.authorization === authorization) return { name: "ISTHMUS", language: "E" };
      void reply.code(401).type("text/html").send("<html><h1>Logon Failed</h1></html>");
      return undefined;
    },
  };
  addIdocRoutes(server.app, parts);
  addRfcRoutes(server.app, {
    ...parts,
    settings: { ...defaultRfcSettings },
    faults: new RfcFaultList(),
    baseUrl: () => "",
    tables: () => idocTables(idocs),
    modules: [idocInboundAsynchronous(parts)],
  });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => closeSandboxServer(server));
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  return { ...parts, url, statuses: () => idocs.list().map(statusOf) };
}

/** Posts a document to a service. */
export async function postIdoc(
  server: IdocServer,
  body: string,
  path = "/sap/bc/idoc_xml",
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}${path}?sap-client=100`, {
    method: "POST",
    body,
    headers: { authorization, "content-type": "text/xml; charset=utf-8", ...headers },
  });
  return { status: response.status, text: await response.text() };
}

/** A control record to this system from its partner; `changes` replace its fields. */
export function controlXml(changes: Record<string, string> = {}): string {
  const fields = {
    TABNAM: "EDI_DC40",
    MANDT: "100",
    DOCNUM: "0000000000166099",
    DIRECT: "2",
    IDOCTYP: "ORDERS05",
    MESTYP: "ORDERS",
    SNDPOR: "ISTHMUS",
    SNDPRT: "LS",
    SNDPRN: "ISTHMUS",
    RCVPOR: "SAPISH",
    RCVPRT: "LS",
    RCVPRN: "ISHCLNT100",
    ...changes,
  };
  const content = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<EDI_DC40 SEGMENT="1">${content.join("")}</EDI_DC40>`;
}

/** An order of two pumps by customer 1000. */
export const orderSegments = [
  '<E1EDK01 SEGMENT="1"><CURCY>EUR</CURCY><BELNR>PO-8</BELNR></E1EDK01>',
  '<E1EDK14 SEGMENT="1"><QUALF>008</QUALF><ORGID>1000</ORGID></E1EDK14>',
  '<E1EDKA1 SEGMENT="1"><PARVW>AG</PARVW><PARTN>1000</PARTN></E1EDKA1>',
  '<E1EDP01 SEGMENT="1"><POSEX>000010</POSEX><MENGE>2.000</MENGE><MENEE>PCE</MENEE>',
  '<E1EDP19 SEGMENT="1"><QUALF>002</QUALF><IDTNR>FG-100</IDTNR></E1EDP19></E1EDP01>',
].join("");

/** A document of one type. */
export function documentXml(type: string, ...idocs: readonly string[]): string {
  const content = idocs.map((idoc) => `<IDOC BEGIN="1">${idoc}</IDOC>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?><${type}>${content}</${type}>`;
}

/** A document in a SOAP envelope. */
export function soapXml(type: string, ...idocs: readonly string[]): string {
  const content = idocs.map((idoc) => `<IDOC BEGIN="1">${idoc}</IDOC>`).join("");
  return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body><${type} xmlns="urn:sap-com:document:sap:idoc:soap:messages">${content}</${type}></soapenv:Body></soapenv:Envelope>`;
}
