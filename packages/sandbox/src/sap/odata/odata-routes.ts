import { TLSSocket } from "node:tls";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { escapeHtml } from "../../shared/html.js";
import { passCsrf } from "../logon/csrf.js";
import { logonOf } from "../logon/sap-request.js";
import type { Sessions } from "../logon/sessions.js";
import type { SapState } from "../state.js";
import type { ODataCall } from "./call.js";
import { handleCall } from "./handle-call.js";
import { businessPartnerService } from "./model/business-partner.js";
import { salesOrderService, salesOrderServiceV4 } from "./model/sales-order.js";
import type { ServiceModel } from "./model/service-model.js";
import { createReadEngine, type ReadEngine } from "./read-engine.js";

/** The services that are active in `/IWFND/MAINT_SERVICE`. */
const services: readonly ServiceModel[] = [businessPartnerService, salesOrderService, salesOrderServiceV4];

/** Adds the OData services, with CSRF tokens. */
export async function addODataRoutes(app: FastifyInstance, state: SapState, sessions: Sessions): Promise<void> {
  const engine = await createReadEngine(services);
  void app.register(async (odata) => {
    odata.removeAllContentTypeParsers();
    odata.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, String(body)));
    for (const prefix of ["/sap/opu/odata/*", "/sap/opu/odata4/*"]) {
      odata.route({
        method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        url: prefix,
        handler: async (request, reply) => {
          if (!passCsrf(request, reply, state, sessions)) return reply;
          const call = toCall(request, state, engine);
          if (call === undefined) return reply.code(404).type("text/html; charset=utf-8").send(noService(request));
          const response = await handleCall(call);
          reply.code(response.status).headers({ "sap-server": "true", ...response.headers });
          return response.body === "" ? reply.send() : reply.send(response.body);
        },
      });
    }
    odata.addHttpMethod("MERGE", { hasBody: true });
    odata.route({
      method: "MERGE",
      url: "/sap/opu/odata/*",
      handler: async (request, reply) => {
        if (!passCsrf(request, reply, state, sessions)) return reply;
        const call = toCall(request, state, engine);
        if (call === undefined) return reply.code(404).type("text/html; charset=utf-8").send(noService(request));
        const response = await handleCall(call);
        reply.code(response.status).headers(response.headers);
        return response.body === "" ? reply.send() : reply.send(response.body);
      },
    });
  });
}

function toCall(request: FastifyRequest, state: SapState, engine: ReadEngine): ODataCall | undefined {
  const [path = "", ...query] = (request.raw.url ?? "/").split("?");
  // `;v=0001` and the like name a version of the service; there is only one.
  const plain = path.replace(/;v=\d+(?=\/|$)/, "");
  const service = services.find(({ root }) => plain.startsWith(root) || `${plain}/` === root);
  if (service === undefined) return undefined;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  const scheme = request.raw.socket instanceof TLSSocket ? "https" : "http";
  const method = request.method === "HEAD" ? "GET" : request.method;
  return {
    state,
    engine,
    service,
    logon: logonOf(request),
    method: method === "POST" ? (headers["x-http-method"]?.toUpperCase() ?? method) : method,
    path: plain.slice(service.root.length),
    query: new URLSearchParams(query.join("?")),
    headers,
    body: typeof request.body === "string" ? request.body : "",
    rootUrl: `${scheme}://${request.headers.host ?? "localhost"}${service.root}`,
  };
}

/** What the Gateway says to a service that is not registered. */
function noService(request: FastifyRequest): string {
  const path = escapeHtml((request.raw.url ?? "/").split("?")[0] ?? "");
  return `<html><head><title>404 Not Found</title></head><body><h1>No service found for namespace '', name '${path}', version '0001'</h1></body></html>`;
}
