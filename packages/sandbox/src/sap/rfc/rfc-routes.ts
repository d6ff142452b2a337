import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AbapSessions } from "./abap-sessions.js";
import { callFunction, sendSoap } from "./call-function.js";
import { classicDialect } from "./classic-dialect.js";
import { FunctionLibrary } from "./function-library.js";
import { sendHtmlPage, sendServiceInactive } from "./html-pages.js";
import type { RfcParts } from "./parts.js";
import { addRfcControls } from "./rfc-controls.js";
import { addSrtRoutes } from "./srt-routes.js";
import { writeWsdl } from "./wsdl.js";

/** Where the handler is. */
export const soapRfcPath = "/sap/bc/soap/rfc";

interface WsdlQuery {
  services?: string;
  "sap-client"?: string;
}

/**
 * Adds `/sap/bc/soap/rfc`, `/sap/bc/soap/wsdl`, `/sap/bc/soap/wsdl11`, a service of SOAMANAGER's under `/sap/bc/srt`, and
 * `/__sandbox/rfc-faults`.
 *
 * @returns the sessions that clients hold open, to end them at a reset.
 */
export function addRfcRoutes(app: FastifyInstance, parts: RfcParts): AbapSessions {
  const sessions = new AbapSessions(parts);
  const library = new FunctionLibrary(parts.settings, parts.modules);
  addRfcControls(app, parts.faults);
  addSrtRoutes(app, { parts, sessions, library });
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request, reply) => {
      if (!parts.settings.soapRfcActive) return sendServiceInactive(reply, pathOf(request));
    });
    scope.post(soapRfcPath, async (request, reply) => {
      const user = await parts.logon(request, reply);
      return user === undefined
        ? reply
        : callFunction(request, reply, { user, parts, sessions, library, dialect: classicDialect(parts.settings) });
    });
    for (const path of ["/sap/bc/soap/wsdl", "/sap/bc/soap/wsdl11"]) {
      scope.get<{ Querystring: WsdlQuery }>(path, async (request, reply) => {
        const user = await parts.logon(request, reply);
        return user === undefined ? reply : sendWsdl(request.query, reply, parts, library);
      });
    }
  });
  return sessions;
}

function sendWsdl(query: WsdlQuery, reply: FastifyReply, parts: RfcParts, library: FunctionLibrary): FastifyReply {
  const name = (query.services ?? "").toUpperCase();
  const module = library.find(name);
  if (module === undefined) {
    return sendHtmlPage(reply, 500, "Function module not found", [`The function module ${name} does not exist.`]);
  }
  const client = query["sap-client"];
  const location = `${parts.baseUrl()}${soapRfcPath}${client === undefined ? "" : `?sap-client=${encodeURIComponent(client)}`}`;
  return sendSoap(reply, 200, writeWsdl(module, location));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? request.url;
}
