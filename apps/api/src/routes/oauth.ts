import cookie from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type FinishedAuthorization, finishAuthorization } from "../actions/finish-authorization.js";
import { cookieNameOf, startAuthorization } from "../actions/start-authorization.js";
import { pagePolicy, type ResultPage, renderResultPage } from "../pages/result-page.js";
import { describeProblem } from "../plugins/problem.js";
import type { Services } from "../services.js";

const tags = ["authorisation in a browser"];
const cookiePath = "/oauth";
const cookieSeconds = 600;

// A callback may hold a parameter twice; core decides what that means, so nothing is refused here.
const callbackQuerySchema = z.looseObject({ state: z.string().max(500).optional().catch(undefined) });

/** `/oauth/start/{token}` and `/oauth/callback/{type}`: the two addresses that a person's browser sees. */
export const oauthRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  await app.register(cookie);
  // Whatever goes wrong here is told to a person, in a page.
  app.setErrorHandler((error, request, reply) => sendFailure(error, request, reply));

  app.get(
    "/oauth/start/:token",
    {
      // A HEAD by something that previews links would use the link up.
      exposeHeadRoute: false,
      schema: {
        tags,
        security: [],
        summary: "Open an authorisation link",
        description: "Binds the authorisation to this browser by a cookie and goes on to the vendor. Works once.",
        operationId: "startAuthorization",
        params: z.object({ token: z.string().max(100) }),
      },
    },
    async (request, reply) => {
      const started = await startAuthorization(services, request.params.token);
      reply.setCookie(started.cookieName, started.cookie, {
        httpOnly: true,
        sameSite: "lax",
        secure: isHttps(services),
        path: cookiePath,
        maxAge: cookieSeconds,
      });
      return reply.redirect(started.authorizationUrl, 302);
    },
  );

  app.get(
    "/oauth/callback/:type",
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        security: [],
        summary: "Come back from the vendor",
        description:
          "Needs the cookie of the start link. Answers a page, or goes to returnTo with ?connector=&status=.",
        operationId: "finishAuthorization",
        params: z.object({ type: z.string().max(50) }),
        querystring: callbackQuerySchema,
      },
    },
    async (request, reply) => {
      const state = request.query.state ?? "";
      const cookieName = cookieNameOf(state);
      const finished = await finishAuthorization(services, {
        type: request.params.type,
        state,
        cookie: request.cookies[cookieName],
        url: `${services.settings.publicUrl()}${request.url}`,
        requestId: request.id,
        ip: request.ip,
      });
      reply.clearCookie(cookieName, { path: cookiePath, httpOnly: true, sameSite: "lax", secure: isHttps(services) });
      const { returnTo } = finished;
      if (returnTo !== undefined) return reply.redirect(withOutcome(returnTo, finished, request), 302);
      if (finished.result.connected)
        return sendPage(reply, 200, describeSuccess(finished, finished.result.account.name));
      return sendFailure(finished.result.error, request, reply);
    },
  );
};

function isHttps({ settings }: Services): boolean {
  return settings.publicUrl().startsWith("https://");
}

function describeSuccess(
  { connectorName, tenantName, requestedBy }: FinishedAuthorization,
  account: string,
): ResultPage {
  return {
    title: "Connected",
    paragraphs: [
      `The connector “${connectorName}” of ${tenantName} is now connected to ${account}.`,
      `${requestedBy} asked for this authorisation. You can close this window.`,
    ],
  };
}

function withOutcome(returnTo: string, finished: FinishedAuthorization, request: FastifyRequest): string {
  const url = new URL(returnTo);
  url.searchParams.set("connector", finished.connectorId);
  const { result } = finished;
  url.searchParams.set("status", result.connected ? "connected" : "failed");
  if (!result.connected) url.searchParams.set("code", describeProblem(result.error, request).problem.code);
  return url.href;
}

function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem } = describeProblem(error, request);
  return sendPage(reply, problem.status, {
    title: "Not connected",
    paragraphs: [problem.detail, "You can close this window."],
    reference: `${problem.code}, request ${problem.requestId}`,
  });
}

function sendPage(reply: FastifyReply, status: number, page: ResultPage): FastifyReply {
  return reply
    .code(status)
    .header("content-security-policy", pagePolicy)
    .type("text/html; charset=utf-8")
    .send(renderResultPage(page));
}
