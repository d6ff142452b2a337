import { TLSSocket } from "node:tls";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { escapeHtml, renderPage } from "../../shared/html.js";
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
import { RepeatableRequests } from "./repeatable-requests.js";

/** The services that are active in `/IWFND/MAINT_SERVICE`. */
const services: readonly ServiceModel[] = [businessPartnerService, salesOrderService, salesOrderServiceV4];

/** Adds the OData services, with CSRF tokens. */
export async function addODataRoutes(app: FastifyInstance, state: SapState, sessions: Sessions): Promise<void> {
  const engine = await createReadEngine(services);
  const repeatable = new RepeatableRequests(state);
  void app.register(async (odata) => {
    odata.removeAllContentTypeParsers();
    odata.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, String(body)));
    odata.addHttpMethod("MERGE", { hasBody: true });
    odata.setErrorHandler((error, _request, reply) => sendInternalError(reply, error));
    for (const url of ["/sap/opu/odata/*", "/sap/opu/odata4/*"]) {
      odata.route({
        method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "MERGE"],
        url,
        handler: async (request, reply) => {
          if (!passCsrf(request, reply, state, sessions)) return reply;
          const call = toCall(request, state, engine);
          if (call === undefined) return sendNoService(request, reply);
          const { status, headers, body } = await repeatable.answer(call, handleCall);
          reply.code(status).headers(headers);
          return body === "" ? reply.send() : reply.send(body);
        },
      });
    }
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
function sendNoService(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ""] = (request.raw.url ?? "/").split("?");
  const [, name = ""] = /^\/sap\/opu\/odata4?\/(.*?)\/?$/.exec(path) ?? [];
  const message = `No service found for namespace '', name '${name}', version '0001'`;
  return reply
    .code(404)
    .type("application/json;charset=utf-8")
    .send(JSON.stringify({ error: { code: "/IWFND/MED/170", message: { lang: "en", value: message } } }));
}

/** A body that is too long keeps its status; everything else is a short dump of ours. */
function sendInternalError(reply: FastifyReply, error: unknown): FastifyReply {
  const given = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  const status = given >= 400 && given < 500 ? given : 500;
  const text = error instanceof Error ? error.message : "";
  const page = renderPage(
    status === 500 ? "500 SAP Internal Server Error" : String(status),
    `<p>ERROR: ${escapeHtml(text)}</p>`,
  );
  return reply.code(status).type("text/html; charset=utf-8").send(page);
}
