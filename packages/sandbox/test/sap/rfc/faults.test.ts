import { describe, expect, it } from "vitest";
import { findChild } from "../../../src/shared/xml/read-xml.js";
import {
  call,
  cookieOf,
  listOrders,
  orderXml,
  post,
  type RfcAnswer,
  rowsOf,
  startRfcServer,
  textAt,
} from "./rfc-server.js";

const envelope = (body: string): string =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`;

function errorOf(answer: RfcAnswer): { type: string | undefined; message: string | undefined } {
  return { type: textAt(answer, "detail", "Error", "type"), message: textAt(answer, "detail", "Error", "message") };
}

describe("faults of the SOAP RFC handler", () => {
  it("hides the cause in the detail and says little outside it", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "Z_NO_SUCH_MODULE");
    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toBe("text/xml; charset=utf-8");
    expect(textAt(answer, "faultstring")).toBe("Internal Server Error");
    expect(errorOf(answer)).toEqual({
      type: "CALL_FUNCTION_NOT_FOUND",
      message: 'Function module "Z_NO_SUCH_MODULE" not found.',
    });
    expect(findChild(findChild(answer.content, "detail"), "Error")?.namespace).toBe(
      "urn:sap-com:document:sap:soap:functions",
    );
  });

  it("names a classic exception in an element of the function module's", async () => {
    const server = await startRfcServer();
    const answer = await call(server, "RFC_READ_TABLE", "<QUERY_TABLE>NOSUCH</QUERY_TABLE><OPTIONS/><FIELDS/><DATA/>");
    expect(answer.status).toBe(500);
    expect(textAt(answer, "detail", "RFC_READ_TABLE.Exception", "Name")).toBe("TABLE_NOT_AVAILABLE");
    expect(textAt(answer, "detail", "RFC_READ_TABLE.Exception", "Message", "ID")).toBe("DA");
  });

  it("plays what it is told to, on the calls it is told to", async () => {
    const server = await startRfcServer();
    const add = (fault: object): Promise<Response> =>
      fetch(`${server.url}/__sandbox/rfc-faults`, {
        method: "POST",
        body: JSON.stringify(fault),
        headers: { "content-type": "application/json" },
      });
    expect((await add({ kind: "communication_failure", module: "RFC_PING", skip: 1 })).status).toBe(201);
    expect((await call(server, "RFC_PING")).status).toBe(200);
    expect((await call(server, "STFC_CONNECTION", "<REQUTEXT>a</REQUTEXT>")).status).toBe(200);
    expect(errorOf(await call(server, "RFC_PING")).type).toBe("COMMUNICATION_FAILURE");
    expect((await call(server, "RFC_PING")).status).toBe(200);
    await add({ kind: "logon_failure" });
    expect(errorOf(await call(server, "RFC_PING")).type).toBe("LOGON_FAILURE");
    await add({ kind: "system_failure", message: "Out of memory" });
    expect(errorOf(await call(server, "RFC_PING"))).toEqual({ type: "SYSTEM_FAILURE", message: "Out of memory" });
    await add({ kind: "exception", name: "NOT_FOUND" });
    expect(textAt(await call(server, "RFC_PING"), "detail", "RFC_PING.Exception", "Name")).toBe("NOT_FOUND");
    for (const wrong of [
      { kind: "nothing" },
      { kind: "dump", times: "2" },
      { kind: "exception" },
      { kind: "dump", x: 1 },
    ]) {
      expect((await add(wrong)).status).toBe(400);
    }
  });

  it("takes faults from no other site's page, and forgets them when it is told to", async () => {
    const server = await startRfcServer();
    server.faults.add({ kind: "dump" });
    const address = `${server.url}/__sandbox/rfc-faults`;
    const foreign = await fetch(address, { method: "DELETE", headers: { "sec-fetch-site": "cross-site" } });
    expect(foreign.status).toBe(403);
    expect(await (await fetch(address)).json()).toEqual({ faults: [{ kind: "dump" }] });
    expect((await fetch(address, { method: "DELETE" })).status).toBe(204);
    expect((await call(server, "RFC_PING")).status).toBe(200);
  });

  it("ends the session with a dump, and answers a page that names the transaction", async () => {
    const server = await startRfcServer();
    const opened = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, { query: "&sap-sessioncmd=open" });
    server.faults.add({ kind: "dump" });
    const headers = { cookie: cookieOf(opened) };
    const dump = await call(server, "BAPI_TRANSACTION_COMMIT", "", { headers });
    expect(dump.status).toBe(500);
    expect(dump.headers.get("content-type")).toContain("text/html");
    expect(dump.headers.get("sap-err-id")).toBe("RABAX_STATE");
    expect(dump.text).toMatch(/Transaction ID: [0-9A-F]{32}/);
    expect((await call(server, "BAPI_TRANSACTION_COMMIT", "", { headers })).status).toBe(400);
    expect(await listOrders(server)).toEqual([]);
  });

  it("tells of a lock as a message of RETURN, and writes nothing", async () => {
    const server = await startRfcServer();
    server.faults.add({ kind: "lock", user: "HUBER" });
    const locked = await call(server, "Z_ISTHMUS_SALESORDER_CREATE", orderXml);
    expect(locked.status).toBe(200);
    expect(rowsOf(locked, "RETURN")).toMatchObject([
      { TYPE: "E", ID: "M3", NUMBER: "024", MESSAGE: "The plant data of material FG-100 is locked by user HUBER" },
    ]);
    server.faults.add({ kind: "lock" });
    const detail = await call(server, "BAPI_CUSTOMER_GETDETAIL2", "<CUSTOMERNO>0000001000</CUSTOMERNO>");
    expect(textAt(detail, "RETURN", "TYPE")).toBe("E");
    server.faults.add({ kind: "lock" });
    const list = await call(server, "BAPI_SALESORDER_GETLIST", "<SALES_ORDERS/>");
    expect(textAt(list, "RETURN", "CODE")).toBe("M3024");
    expect(await listOrders(server)).toEqual([]);
  });

  it("lets a call that is warned of something do its work", async () => {
    const server = await startRfcServer();
    server.faults.add({ kind: "message", type: "W", id: "V1", number: "555", message: "Credit limit is near" });
    const warned = await call(server, "Z_ISTHMUS_SALESORDER_CREATE", orderXml);
    expect(rowsOf(warned, "RETURN")?.map(({ TYPE, NUMBER }) => `${TYPE}${NUMBER}`)).toEqual([
      "S233",
      "S233",
      "S311",
      "W555",
    ]);
    expect(await listOrders(server)).toEqual(["0000015000"]);
  });

  it("refuses a SOAPAction, unless the one of the WSDL is allowed", async () => {
    const server = await startRfcServer();
    const withAction = (action: string) => call(server, "RFC_PING", "", { headers: { soapaction: action } });
    expect((await withAction('"http://www.sap.com/RFC_PING"')).status).toBe(500);
    server.settings.acceptSoapAction = true;
    expect((await withAction('"http://www.sap.com/RFC_PING"')).status).toBe(200);
    expect((await withAction('"http://www.sap.com/OTHER"')).status).toBe(500);
  });

  it("answers a page, not SOAP, to a stranger and where the service is not active", async () => {
    const server = await startRfcServer();
    const stranger = await call(server, "RFC_PING", "", { headers: { authorization: "Basic eDp5" } });
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get("content-type")).toContain("text/html");
    server.settings.soapRfcActive = false;
    const inactive = await call(server, "RFC_PING");
    expect(inactive.status).toBe(403);
    expect(inactive.text).toContain("not active");
    expect((await fetch(`${server.url}/sap/bc/soap/wsdl?services=RFC_PING`)).status).toBe(403);
  });

  it("refuses what is no call, without looking at entities", async () => {
    const server = await startRfcServer();
    const ping = '<u:RFC_PING xmlns:u="urn:sap-com:document:sap:rfc:functions"/>';
    const bodies = [
      "",
      "not xml",
      "<a/>",
      envelope(""),
      envelope("<RFC_PING/>"),
      envelope(ping).replace("xmlsoap.org/soap/envelope/", "w3.org/2003/05/soap-envelope"),
      `<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/hostname">]>${envelope(ping)}`,
      envelope(`${"<a>".repeat(100)}${"</a>".repeat(100)}`),
    ];
    for (const body of bodies) {
      const answer = await post(server, body);
      expect(answer.status).toBe(500);
      expect(answer.content?.name).toBe("Fault");
    }
    expect((await post(server, envelope(ping))).status).toBe(200);
  });

  it("refuses parameters, fields and values that the interface does not have", async () => {
    const server = await startRfcServer();
    const calls: [string, string, string][] = [
      ["RFC_PING", "<NOSUCH>1</NOSUCH>", "NOSUCH is not defined"],
      ["STFC_CONNECTION", "<REQUTEXT>a</REQUTEXT><REQUTEXT>b</REQUTEXT>", "twice"],
      ["STFC_CONNECTION", "", "Obligatory parameter REQUTEXT"],
      ["STFC_CONNECTION", `<REQUTEXT>${"x".repeat(256)}</REQUTEXT>`, "longer than 255"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT><NOSUCH/></IMPORTSTRUCT>", "has no field NOSUCH"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT><RFCDATE>20260101</RFCDATE></IMPORTSTRUCT>", "cannot be converted"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT><RFCDATE>2026-02-30</RFCDATE></IMPORTSTRUCT>", "cannot be converted"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT><RFCTIME>24:00:00</RFCTIME></IMPORTSTRUCT>", "cannot be converted"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT><RFCINT1>256</RFCINT1></IMPORTSTRUCT>", "cannot be converted"],
      ["STFC_STRUCTURE", "<IMPORTSTRUCT/><RFCTABLE><row/></RFCTABLE>", "named item"],
      ["BAPI_SALESORDER_CREATEFROMDAT2", orderXml.replace(">2<", ">2.0001<"), "cannot be converted"],
      ["BAPI_SALESORDER_CREATEFROMDAT2", orderXml.replace(">2<", ">2e3<"), "cannot be converted"],
    ];
    for (const [name, parameters, message] of calls) {
      const answer = await call(server, name, parameters);
      expect(errorOf(answer).message).toContain(message);
    }
  });
});
