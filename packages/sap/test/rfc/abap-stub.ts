import { escapeXml, readXml, type XmlElement } from "@isthmus/core";
import type { SapSessions } from "../../src/http/sap-session.js";
import type { FunctionModulesParts } from "../../src/rfc/function-modules.js";
import { answerOf, faultOf, message } from "./envelopes.js";
import { httpOver, modulesAt, type SeenRequest, type StubAnswer, startStub, transportTo } from "./harness.js";
import { bapiret2, char, table, typed, wsdlOf } from "./wsdl.js";

const write = (name: string, key: string) =>
  wsdlOf({
    name,
    types: bapiret2,
    input: char(key, 10) + table("RETURN", "s0:BAPIRET2"),
    output: char("NUMBER", 10) + table("RETURN", "s0:BAPIRET2"),
  });

/** The modules of the stub. */
export const wsdls = {
  BAPI_CREATE: write("BAPI_CREATE", "KEY"),
  Z_CREATE_AND_COMMIT: wsdlOf({
    name: "Z_CREATE_AND_COMMIT",
    types: bapiret2,
    input: char("IV_KEY", 10) + char("IV_COMMIT", 1),
    output: char("EV_NUMBER", 10) + typed("RETURN", "s0:BAPIRET2"),
  }),
  Z_CALL_AND_COMMIT: wsdlOf({
    name: "Z_CALL_AND_COMMIT",
    input: typed("REQUEST", "xsd:string") + char("WAIT", 1),
    output: typed("RESPONSE", "xsd:string") + char("COMMITTED", 1),
  }),
  BAPI_GET: wsdlOf({
    name: "BAPI_GET",
    types: bapiret2,
    input: char("KEY", 10),
    output: char("FOUND", 10) + typed("RETURN", "s0:BAPIRET2"),
  }),
  BAPI_TRANSACTION_COMMIT: wsdlOf({
    name: "BAPI_TRANSACTION_COMMIT",
    types: bapiret2,
    input: char("WAIT", 1),
    output: typed("RETURN", "s0:BAPIRET2"),
  }),
  BAPI_TRANSACTION_ROLLBACK: wsdlOf({
    name: "BAPI_TRANSACTION_ROLLBACK",
    types: bapiret2,
    input: "",
    output: typed("RETURN", "s0:BAPIRET2"),
  }),
};

/** What the stub does otherwise than a good system. */
export interface AbapStubOptions {
  /** Forgets between requests, as SOAP RFC does by default. */
  readonly isStateless?: boolean;
  /** Has the last request of a session elsewhere. */
  readonly endsEarly?: boolean;
  /** Commits at the end of each request. */
  readonly commitsItself?: boolean;
  /** Answers instead, by module. */
  readonly instead?: Readonly<Record<string, StubAnswer>>;
  readonly parts?: Partial<FunctionModulesParts>;
}

/** A system with one table of keys, units of work and sessions by cookie. */
export async function startAbap({
  isStateless,
  endsEarly,
  commitsItself,
  instead = {},
  parts = {},
}: AbapStubOptions = {}) {
  const committed = new Set<string>();
  const sessions = new Map<string, Set<string>>();
  const calls: string[] = [];
  const stub = await startStub((request) => {
    const name = /<\w+:([A-Z_]+) xmlns/.exec(request.body)?.[1] ?? "";
    calls.push(name);
    const other = instead[name];
    if (other) return other;
    const mode = new URL(request.path, "http://stub.invalid").searchParams.get("session_mode");
    const session = mode === null || isStateless ? "" : readSession(request);
    if (mode === "2" && endsEarly) sessions.delete(session);
    const body = run(name, request.body, sessions.get(session) ?? new Set());
    if (mode === "2") sessions.delete(session);
    return { body };
  });
  function run(name: string, body: string, work: Set<string>): string {
    const key = /KEY>(\w+)</.exec(body)?.[1] ?? "";
    switch (name) {
      case "BAPI_CREATE":
        if (key === "BAD") return answerOf(name, `<RETURN><item>${message("E", "AB", "001", "Bad")}</item></RETURN>`);
        (commitsItself ? committed : work).add(key);
        return answerOf(
          name,
          `<NUMBER>1</NUMBER><RETURN><item>${message("S", "AB", "002", "Created")}</item></RETURN>`,
        );
      case "Z_CREATE_AND_COMMIT":
        committed.add(key);
        return answerOf(name, `<EV_NUMBER>1</EV_NUMBER><RETURN>${message("S", "AB", "002", "Created")}</RETURN>`);
      case "Z_CALL_AND_COMMIT": {
        const call = findText(readXml(body), "REQUEST");
        const inner = /<\w+:([A-Z_]+) xmlns/.exec(call)?.[1] ?? "";
        const own = new Set<string>();
        const answer = run(inner, call, own);
        const response = answer.slice(answer.indexOf("<rfc:"), answer.indexOf("</SOAP-ENV:Body>"));
        for (const each of own) committed.add(each);
        return answerOf(
          name,
          `<RESPONSE>${escapeXml(response)}</RESPONSE><COMMITTED>${own.size > 0 ? "X" : ""}</COMMITTED>`,
        );
      }
      case "BAPI_GET":
        if (work.has(key) || committed.has(key)) return answerOf(name, `<FOUND>${key}</FOUND>`);
        return answerOf(name, `<RETURN>${message("E", "AB", "003", "No such key")}</RETURN>`);
      case "BAPI_TRANSACTION_COMMIT":
        for (const each of work) committed.add(each);
        work.clear();
        return answerOf(name, `<RETURN>${message("", "", "000", "")}</RETURN>`);
      case "BAPI_TRANSACTION_ROLLBACK":
        work.clear();
        return answerOf(name);
      default:
        return faultOf("FUNCTION_NOT_FOUND", name);
    }
  }
  const opened: string[] = [];
  const closed: string[] = [];
  const transport = transportTo(stub.origin);
  const pool: SapSessions = {
    open: async () => {
      const id = `session-${opened.length + 1}`;
      opened.push(id);
      sessions.set(id, new Set());
      return {
        contextId: () => id,
        http: httpOver(transport, stub.origin, { cookie: `sap-contextid=${id}` }),
        close: async () => {
          closed.push(id);
          sessions.delete(id);
        },
      };
    },
  };
  const modules = modulesAt(stub.origin, { wsdls, sessions: pool, ...parts });
  return { ...stub, modules, committed, calls, opened, closed };
}

function findText(element: XmlElement, name: string): string {
  return element.name === name ? element.text : element.children.map((child) => findText(child, name)).join("");
}

function readSession({ headers }: SeenRequest): string {
  return /sap-contextid=([\w-]+)/.exec(headers.cookie ?? "")?.[1] ?? "";
}
