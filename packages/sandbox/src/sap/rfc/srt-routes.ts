import type { FastifyInstance, FastifyReply } from "fastify";
import { type CallSurroundings, callFunction, sendSoap } from "./call-function.js";
import { sendHtmlPage } from "./html-pages.js";
import type { RfcParts } from "./parts.js";
import { srtDialect } from "./srt-dialect.js";
import { writeSrtWsdl } from "./srt-wsdl.js";

interface BindingPath {
  service: string;
  client: string;
  name: string;
  binding: string;
}

const bindingPath = "/sap/bc/srt/rfc/sap/:service/:client/:name/:binding";

/**
 * Adds the web service that SOAMANAGER made of the function modules: `/sap/bc/srt/rfc/sap/<service>/<client>/<service>/<binding>`,
 * and its WSDL at `/sap/bc/srt/wsdl/<version>/bndg_url/<that path>`.
 */
export function addSrtRoutes(
  app: FastifyInstance,
  { parts, sessions, library }: Omit<CallSurroundings, "user" | "dialect">,
): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.post<{ Params: BindingPath }>(bindingPath, async (request, reply) => {
      if (!isOffered(request.params, parts)) return sendNotFound(reply);
      const user = await parts.logon(request, reply);
      if (user === undefined) return reply;
      return callFunction(request, reply, {
        user,
        parts,
        sessions,
        library,
        dialect: srtDialect(request.params.service),
      });
    });
    scope.get<{ Params: BindingPath }>(`/sap/bc/srt/wsdl/:version/bndg_url${bindingPath}`, async (request, reply) => {
      if (!isOffered(request.params, parts)) return sendNotFound(reply);
      const user = await parts.logon(request, reply);
      if (user === undefined) return reply;
      const { service, client, name, binding } = request.params;
      const location = `${parts.baseUrl()}/sap/bc/srt/rfc/sap/${service}/${client}/${name}/${binding}`;
      const modules = library.list();
      return sendSoap(reply, 200, writeSrtWsdl(service, modules, location));
    });
  });
}

function isOffered({ service, client }: BindingPath, parts: RfcParts): boolean {
  return parts.settings.webService !== "" && service === parts.settings.webService && client === parts.client;
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return sendHtmlPage(reply, 404, "Service cannot be reached", [
    "The termination occurred in system ISH with error code 404.",
  ]);
}
