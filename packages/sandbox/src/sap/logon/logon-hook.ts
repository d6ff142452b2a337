import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type LogonOutcome, type LogonParts, logOn } from "./logon.js";
import { renderLogonError, renderLogonForm } from "./logon-page.js";

/** Paths below `/sap/` that check their callers themselves. */
const open = ["/sap/bc/sec/oauth2/", "/sap/public/"];

/** Logs every request below `/sap/` on, or turns it away; sets the session's cookies. */
export function addLogon(app: FastifyInstance, parts: LogonParts): void {
  app.decorateRequest("sapLogon", null);
  app.addHook("onRequest", async (request, reply) => {
    const url = request.raw.url ?? "/";
    // A fault has answered already.
    if (reply.sent || !url.startsWith("/sap/") || open.some((prefix) => url.startsWith(prefix))) return;
    const outcome = logOn(request, parts);
    if ("problem" in outcome) return turnAway(reply, outcome, parts);
    request.sapLogon = outcome.logon;
    if (outcome.isNew) setCookies(request, reply, outcome.session.id, parts);
  });
}

function turnAway(
  reply: FastifyReply,
  outcome: Extract<LogonOutcome, { problem: unknown }>,
  parts: LogonParts,
): FastifyReply {
  const { id, client } = parts.state.system;
  const system = { id, client: outcome.client };
  reply.header("content-type", "text/html; charset=utf-8").header("sap-system", id);
  if (parts.state.settings.logonForm) return reply.code(200).send(renderLogonForm(system, outcome.language));
  const scheme = outcome.challenge === "bearer" ? "Bearer" : "Basic";
  reply.header("www-authenticate", `${scheme} realm="SAP NetWeaver Application Server [${id}/${client}]"`);
  return reply.code(401).send(renderLogonError(outcome.problem, system, outcome.language));
}

function setCookies(request: FastifyRequest, reply: FastifyReply, sessionId: string, { state }: LogonParts): void {
  const { id, client } = state.system;
  const secure = "encrypted" in request.raw.socket ? "; secure" : "";
  reply.header("set-cookie", [
    `sap-usercontext=sap-client=${client}; path=/`,
    `SAP_SESSIONID_${id}_${client}=${sessionId}; path=/; HttpOnly${secure}`,
  ]);
}
