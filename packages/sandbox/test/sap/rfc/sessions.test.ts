import { describe, expect, it } from "vitest";
import {
  call,
  cookieOf,
  listOrders,
  orderXml,
  otherAuthorization,
  rowsOf,
  startRfcServer,
  textAt,
} from "./rfc-server.js";

const open = { query: "&sap-sessioncmd=open" };

describe("ABAP sessions of the SOAP RFC handler", () => {
  it("forgets an uncommitted order with the request that made it", async () => {
    const server = await startRfcServer();
    const created = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml);
    expect(textAt(created, "SALESDOCUMENT")).toBe("0000015000");
    const committed = await call(server, "BAPI_TRANSACTION_COMMIT", "<WAIT>X</WAIT>");
    expect(committed.status).toBe(200);
    expect(textAt(committed, "RETURN", "TYPE")).toBe("");
    expect(await listOrders(server)).toEqual([]);
  });

  it("commits an order in the session that the client opened", async () => {
    const server = await startRfcServer();
    const created = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open);
    const cookie = cookieOf(created);
    expect(cookie).toMatch(/^sap-contextid=SID%3aANON%3a/);
    expect(await listOrders(server)).toEqual([]);
    expect(await listOrders(server, { cookie })).toEqual(["0000015000"]);
    await call(server, "BAPI_TRANSACTION_COMMIT", "<WAIT>X</WAIT>", { headers: { cookie } });
    expect(await listOrders(server)).toEqual(["0000015000"]);
  });

  it("rolls back what a session did, and loses the number", async () => {
    const server = await startRfcServer();
    const headers = { cookie: cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open)) };
    await call(server, "BAPI_TRANSACTION_ROLLBACK", "", { headers });
    await call(server, "BAPI_TRANSACTION_COMMIT", "", { headers });
    expect(await listOrders(server, headers)).toEqual([]);
    const next = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, { headers });
    expect(textAt(next, "SALESDOCUMENT")).toBe("0000015001");
  });

  it("ends a session on request, and answers later requests with a page", async () => {
    const server = await startRfcServer();
    const headers = { cookie: cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open)) };
    expect((await call(server, "RFC_PING", "", { headers, query: "&sap-sessioncmd=close" })).status).toBe(200);
    const late = await call(server, "BAPI_TRANSACTION_COMMIT", "", { headers });
    expect(late.status).toBe(400);
    expect(late.text).toContain("Session Timed Out");
    expect(await listOrders(server)).toEqual([]);
  });

  it("belongs to the user who opened it", async () => {
    const server = await startRfcServer();
    const cookie = cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open));
    const stranger = await call(server, "BAPI_TRANSACTION_COMMIT", "", {
      headers: { cookie, authorization: otherAuthorization },
    });
    expect(stranger.status).toBe(400);
    expect(await listOrders(server, { cookie })).toEqual(["0000015000"]);
    expect(await listOrders(server)).toEqual([]);
  });

  it("keeps the sessions of a client apart, and starts one anew that is opened twice", async () => {
    const server = await startRfcServer();
    const first = cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open));
    const second = cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open));
    expect(await listOrders(server, { cookie: first })).toEqual(["0000015000"]);
    expect(await listOrders(server, { cookie: second })).toEqual(["0000015001"]);
    const again = cookieOf(await call(server, "RFC_PING", "", { ...open, headers: { cookie: first } }));
    expect(await listOrders(server, { cookie: again })).toEqual([]);
    expect(server.sessions.size).toBe(2);
  });

  it("ends a session that nobody used for ten minutes", async () => {
    const server = await startRfcServer();
    const headers = { cookie: cookieOf(await call(server, "RFC_PING", "", open)) };
    server.advance(600_000);
    expect((await call(server, "RFC_PING", "", { headers })).status).toBe(200);
    server.advance(600_001);
    expect((await call(server, "RFC_PING", "", { headers })).status).toBe(400);
  });

  it("gives each request a fresh session where there are no stateful ones", async () => {
    const server = await startRfcServer({ statefulSessions: false });
    const created = await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open);
    expect(cookieOf(created)).toBe("");
    const headers = { cookie: "sap-contextid=SID%3aANON%3aanything" };
    expect((await call(server, "BAPI_TRANSACTION_COMMIT", "<WAIT>X</WAIT>", { headers })).status).toBe(200);
    expect(await listOrders(server)).toEqual([]);
  });

  it("can hide uncommitted orders from the session's own database reads", async () => {
    const server = await startRfcServer({ sessionReadsUncommitted: false });
    const headers = { cookie: cookieOf(await call(server, "BAPI_SALESORDER_CREATEFROMDAT2", orderXml, open)) };
    expect(await listOrders(server, headers)).toEqual([]);
    await call(server, "BAPI_TRANSACTION_COMMIT", "", { headers });
    expect(await listOrders(server)).toEqual(["0000015000"]);
  });

  it("commits in one request by the customer's own function modules", async () => {
    const server = await startRfcServer({ statefulSessions: false });
    const direct = await call(server, "Z_ISTHMUS_SALESORDER_CREATE", orderXml);
    expect(rowsOf(direct, "RETURN")?.at(-1)).toMatchObject({ TYPE: "S", ID: "V1", NUMBER: "311" });
    const inner = `<urn:BAPI_SALESORDER_CREATEFROMDAT2 xmlns:urn="urn:sap-com:document:sap:rfc:functions">${orderXml}</urn:BAPI_SALESORDER_CREATEFROMDAT2>`;
    const request = inner.replaceAll("<", "&lt;");
    const wrapped = await call(server, "Z_ISTHMUS_CALL_AND_COMMIT", `<REQUEST>${request}</REQUEST><WAIT>X</WAIT>`);
    expect(textAt(wrapped, "COMMITTED")).toBe("X");
    expect(textAt(wrapped, "RESPONSE")).toContain("<SALESDOCUMENT>0000015001</SALESDOCUMENT>");
    expect(await listOrders(server)).toEqual(["0000015000", "0000015001"]);
  });

  it("rolls back in the wrapper when RETURN has an error", async () => {
    const server = await startRfcServer();
    const broken = orderXml.replace("FG-100", "NONE").replace("<RETURN/>", "").replaceAll("<", "&lt;");
    const inner = `&lt;BAPI_SALESORDER_CREATEFROMDAT2>${broken}&lt;/BAPI_SALESORDER_CREATEFROMDAT2>`;
    const wrapped = await call(server, "Z_ISTHMUS_CALL_AND_COMMIT", `<REQUEST>${inner}</REQUEST>`);
    expect(textAt(wrapped, "COMMITTED")).toBe("");
    expect(textAt(wrapped, "RESPONSE")).toContain("<NUMBER>302</NUMBER>");
    expect(await listOrders(server)).toEqual([]);
    server.settings.commitWrapper = "";
    expect((await call(server, "Z_ISTHMUS_CALL_AND_COMMIT", "")).text).toContain("CALL_FUNCTION_NOT_FOUND");
    expect((await call(server, "Z_ISTHMUS_SALESORDER_CREATE", "")).text).toContain("CALL_FUNCTION_NOT_FOUND");
  });
});
