import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { waitUnlessClosing } from "../shared/fault-player.js";
import { maximumDelayMs } from "../shared/faults.js";
import { sendJson } from "../shared/sandbox-server.js";
import { envelopeTime } from "./company-request.js";
import { invalidRequest, QuickbooksFault, unsupportedOperation } from "./errors.js";
import { authenticationFailed, authorizationFailed, GatewayFault, throttleExceeded } from "./gateway-fault.js";
import { accountingScope } from "./oauth/scopes.js";
import { companyRouteGroups, hostRouteGroups } from "./route-groups.js";
import type { QuickbooksState } from "./state.js";

/** Adds the accounting API of every company. */
export function addDataApi(app: FastifyInstance, state: QuickbooksState): void {
  app.decorateRequest("quickbooksCompany", null);
  app.decorateRequest("quickbooksDone", null);
  void app.register(async (api) => addCompanyRoutes(api, state), { prefix: "/v3/company/:realmId" });
  void app.register(async (host) => {
    host.setErrorHandler((error, _request, reply) => sendError(reply, error, state));
    for (const addGroup of hostRouteGroups) addGroup(host, state);
  });
}

function addCompanyRoutes(api: FastifyInstance, state: QuickbooksState): void {
  // Bodies stay as they came: some are queries, some are JSON under another name, some are files.
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  api.addHook("onRequest", async (request: FastifyRequest<{ Params: { realmId?: string } }>, reply) =>
    admitRequest(request, reply, request.params.realmId ?? "", state),
  );
  api.addHook("preHandler", async () => {
    const { latencyMs } = state.settings;
    if (latencyMs > 0) await waitUnlessClosing(Math.min(latencyMs, maximumDelayMs), state.closing);
  });
  api.addHook("onResponse", async (request) => request.quickbooksDone?.());
  api.addHook("onRequestAbort", async (request) => request.quickbooksDone?.());
  api.setErrorHandler((error, _request, reply) => sendError(reply, error, state));
  for (const addGroup of companyRouteGroups) addGroup(api, state);
  // So that an unknown path is admitted, counted and refused like any other.
  api.all("/*", async (request) => {
    throw unsupportedOperation(`Operation ${request.method} ${request.url.split("?")[0] ?? ""} is not supported.`);
  });
}

function admitRequest(request: FastifyRequest, reply: FastifyReply, realmId: string, state: QuickbooksState): void {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const accessToken = token === undefined ? undefined : state.grants.findAccessToken(token);
  if (accessToken === undefined) {
    reply.header("www-authenticate", 'Bearer realm="Intuit", error="invalid_token"');
    throw authenticationFailed(token === undefined ? "Malformed bearer token" : "Token expired or revoked");
  }
  const company = state.companies.get(realmId);
  // A grant's user is the company that was chosen on the authorize page.
  if (company === undefined || accessToken.userId !== realmId || !accessToken.scopes.includes(accountingScope)) {
    throw authorizationFailed(realmId);
  }
  const isBatch = /\/batch(?:\?|$)/.test(request.url);
  const isRead = request.method === "GET" || /\/query(?:\?|$)/.test(request.url);
  if (isRead && state.settings.corePlusBlocked) {
    throw throttleExceeded("The monthly CorePlus allowance of the application is used up.");
  }
  request.quickbooksDone = state.throttle.admit(realmId, accessToken.clientId, isBatch);
  request.quickbooksCompany = company;
}

function sendError(reply: FastifyReply, error: unknown, state: QuickbooksState): FastifyReply {
  if (error instanceof GatewayFault) {
    if (!state.settings.gatewayXml) return sendJson(reply, error.status, error.toBody(state.clock()));
    return reply
      .code(error.status)
      .type("application/xml")
      .send(error.toXml(envelopeTime(state)));
  }
  const fault = error instanceof QuickbooksFault ? error : describeFailure(error);
  return sendJson(reply, fault.status, { Fault: fault.toFault(), time: envelopeTime(state) });
}

function describeFailure(error: unknown): QuickbooksFault {
  const status = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  const message = error instanceof Error ? error.message : "unknown";
  if (status >= 400 && status < 500) return invalidRequest(message);
  return new QuickbooksFault(
    "10000",
    "An application error has occurred while processing your request",
    `System Failure Error: ${message}`,
    { status: 500, type: "SystemFault" },
  );
}
