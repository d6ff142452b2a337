import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AbapSessions } from "./abap-sessions.js";
import { readParameters, writeResults } from "./call-xml.js";
import { findFunctionModule } from "./function-library.js";
import { FunctionCall } from "./function-module.js";
import { sendHtmlPage, sendServiceInactive, sendShortDump } from "./html-pages.js";
import type { RfcParts, SapUser } from "./parts.js";
import { playRfcFault } from "./play-rfc-fault.js";
import { addRfcControls } from "./rfc-controls.js";
import { AbapException, RfcSystemError, ShortDump, SoapRefusal } from "./rfc-errors.js";
import { type OpenedSession, readSessionWish, SessionTimedOut } from "./session-wish.js";
import {
  abapName,
  readCallElement,
  rfcNamespace,
  writeExceptionFault,
  writeRefusal,
  writeResponse,
  writeSystemFault,
} from "./soap-envelope.js";
import { soapActionOf, writeWsdl } from "./wsdl.js";

/** Where the handler is. */
export const soapRfcPath = "/sap/bc/soap/rfc";

interface WsdlQuery {
  services?: string;
  "sap-client"?: string;
}

/**
 * Adds `/sap/bc/soap/rfc`, `/sap/bc/soap/wsdl`, `/sap/bc/soap/wsdl11` and `/__sandbox/rfc-faults`.
 *
 * @returns the sessions that clients hold open, to end them at a reset.
 */
export function addRfcRoutes(app: FastifyInstance, parts: RfcParts): AbapSessions {
  const sessions = new AbapSessions(parts);
  addRfcControls(app, parts.faults);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request, reply) => {
      if (!parts.settings.soapRfcActive) return sendServiceInactive(reply, pathOf(request));
    });
    scope.post(soapRfcPath, async (request, reply) => {
      const user = await parts.logon(request, reply);
      return user === undefined ? reply : callFunction(request, reply, user, parts, sessions);
    });
    for (const path of ["/sap/bc/soap/wsdl", "/sap/bc/soap/wsdl11"]) {
      scope.get<{ Querystring: WsdlQuery }>(path, async (request, reply) => {
        const user = await parts.logon(request, reply);
        return user === undefined ? reply : sendWsdl(request.query, reply, parts);
      });
    }
  });
  return sessions;
}

function sendWsdl(query: WsdlQuery, reply: FastifyReply, parts: RfcParts): FastifyReply {
  const name = (query.services ?? "").toUpperCase();
  const module = findFunctionModule(name, parts.settings.commitWrapper);
  if (module === undefined) {
    return sendHtmlPage(reply, 500, "Function module not found", [`The function module ${name} does not exist.`]);
  }
  const client = query["sap-client"];
  const location = `${parts.baseUrl()}${soapRfcPath}${client === undefined ? "" : `?sap-client=${encodeURIComponent(client)}`}`;
  return sendXml(reply, 200, writeWsdl(module, location));
}

function callFunction(
  request: FastifyRequest,
  reply: FastifyReply,
  user: SapUser,
  parts: RfcParts,
  sessions: AbapSessions,
): FastifyReply {
  let opened: OpenedSession;
  try {
    opened = readSessionWish(request, user, parts, sessions);
  } catch (error) {
    if (!(error instanceof SessionTimedOut)) throw error;
    return sendHtmlPage(reply, 400, "Session Timed Out", ["The session does not exist or ended. Start a new one."]);
  }
  if (opened.cookie !== undefined) reply.header("set-cookie", opened.cookie);
  let functionName = "";
  try {
    const sent = readCallElement(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    functionName = abapName(sent.name);
    if (sent.namespace !== rfcNamespace) throw new SoapRefusal(`Method namespace "${sent.namespace}" is not known`);
    assertSoapAction(request, functionName, parts);
    const module = findFunctionModule(functionName, parts.settings.commitWrapper);
    if (module === undefined) {
      throw new RfcSystemError("CALL_FUNCTION_NOT_FOUND", `Function module "${functionName}" not found.`);
    }
    const call = new FunctionCall(module, opened.session, parts);
    const played = playRfcFault(module, call);
    readParameters(module, call, sent);
    if (!played()) module.run(call);
    return sendXml(reply, 200, writeResponse(functionName, writeResults(module, call)));
  } catch (error) {
    if (error instanceof ShortDump) {
      sessions.close(opened.session);
      const transactionId = Buffer.from(parts.random(16)).toString("hex").toUpperCase();
      return sendShortDump(reply, error.message, transactionId);
    }
    return sendXml(reply, 500, writeFault(error, functionName));
  } finally {
    if (opened.endsNow) sessions.close(opened.session);
  }
}

function writeFault(error: unknown, functionName: string): string {
  if (error instanceof SoapRefusal) return writeRefusal(error);
  if (error instanceof AbapException) return writeExceptionFault(functionName, error);
  if (error instanceof RfcSystemError) return writeSystemFault(error);
  throw error;
}

// Community reports say that the handler takes an empty SOAPAction only, although its WSDL names another.
function assertSoapAction(request: FastifyRequest, functionName: string, parts: RfcParts): void {
  const action = String(request.headers.soapaction ?? "").replaceAll('"', "");
  const known = parts.settings.acceptSoapAction && [soapActionOf(functionName), rfcNamespace].includes(action);
  if (action !== "" && !known) throw new SoapRefusal(`SOAPAction "${action}" is not supported; it has to be empty`);
}

function sendXml(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header("content-type", "text/xml; charset=utf-8").send(body);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? request.url;
}
