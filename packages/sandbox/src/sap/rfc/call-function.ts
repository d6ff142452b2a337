import type { FastifyReply, FastifyRequest } from "fastify";
import type { AbapSession, AbapSessions } from "./abap-sessions.js";
import { readParameters, writeResults } from "./call-xml.js";
import type { FunctionLibrary } from "./function-library.js";
import { FunctionCall } from "./function-module.js";
import { sendHtmlPage, sendShortDump } from "./html-pages.js";
import type { RfcParts } from "./parts.js";
import { playRfcFault } from "./play-rfc-fault.js";
import { RfcSystemError, ShortDump, SoapRefusal } from "./rfc-errors.js";
import type { SapUser } from "./rfc-system.js";
import { type OpenedSession, readSessionWish, SessionTimedOut } from "./session-wish.js";
import type { SoapDialect } from "./soap-dialect.js";
import { abapName, readCallElement, rfcNamespace } from "./soap-envelope.js";

/** What a call needs besides its request. */
export interface CallSurroundings {
  user: SapUser;
  parts: RfcParts;
  sessions: AbapSessions;
  library: FunctionLibrary;
  dialect: SoapDialect;
}

/** Runs the function module that a SOAP message calls, in the session that the request wants, and answers. */
export function callFunction(
  request: FastifyRequest,
  reply: FastifyReply,
  surroundings: CallSurroundings,
): FastifyReply {
  const { user, parts, sessions, dialect } = surroundings;
  let opened: OpenedSession;
  try {
    opened = readSessionWish(request, user, parts, sessions);
  } catch (error) {
    if (!(error instanceof SessionTimedOut)) throw error;
    return sendHtmlPage(reply, 400, "Session Timed Out", ["The session does not exist or ended. Start a new one."]);
  }
  if (opened.cookie !== undefined) reply.header("set-cookie", opened.cookie);
  const called = { name: "" };
  try {
    return sendSoap(reply, 200, run(request, opened.session, surroundings, called));
  } catch (error) {
    if (!(error instanceof ShortDump)) return sendSoap(reply, 500, dialect.writeFault(error, called.name));
    sessions.close(opened.session);
    return sendShortDump(reply, error.message, Buffer.from(parts.random(16)).toString("hex").toUpperCase());
  } finally {
    if (opened.endsNow) sessions.close(opened.session);
  }
}

function run(
  request: FastifyRequest,
  session: AbapSession,
  { parts, dialect, library }: CallSurroundings,
  called: { name: string },
): string {
  const sent = readCallElement(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
  called.name = abapName(sent.name);
  if (sent.namespace !== rfcNamespace) throw new SoapRefusal(`Method namespace "${sent.namespace}" is not known`);
  dialect.assertSoapAction(String(request.headers.soapaction ?? "").replaceAll('"', ""), called.name);
  const module = library.find(called.name);
  if (module === undefined) {
    throw new RfcSystemError("CALL_FUNCTION_NOT_FOUND", `Function module "${called.name}" not found.`);
  }
  const call = new FunctionCall(module, session, parts);
  const played = playRfcFault(module, call);
  readParameters(module, call, sent);
  if (!played()) module.run(call);
  return dialect.writeResponse(called.name, writeResults(module, call));
}

/** Sends XML the way both services do. */
export function sendSoap(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header("content-type", "text/xml; charset=utf-8").send(body);
}
