import cookie, { type CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type FinishedAuthorization, finishAuthorization } from "../actions/finish-authorization.js";
import { cookieNameOf, startAuthorization } from "../actions/start-authorization.js";
import { describeFailure, describeRequest, describeSuccess, noResult } from "../pages/describe-result.js";
import {
  packResultPage,
  pagePolicy,
  type ResultPage,
  renderResultPage,
  unpackResultPage,
} from "../pages/result-page.js";
import { describeProblem } from "../plugins/problem.js";
import type { Services } from "../services.js";

const tags = ["authorisation in a browser"];
const startCookie = { path: "/oauth", maxAge: 600 };
const callbackPath = "/oauth/callback/:type";
const resultCookie = "isthmus_oauth_result";
const resultSeconds = 300;

// A callback may hold a parameter twice; core decides what that means, so nothing is refused here.
const callbackQuerySchema = z.looseObject({ state: z.string().max(500).optional().catch(undefined) });

/** What a browser is answered; a schema for documentation only, as pages are text. */
const pageResponses = {
  200: htmlContent("A page that says how it ended."),
  "3xx": z.undefined().describe("The browser goes on."),
  "4xx": htmlContent("A page that says what is wrong."),
  "5xx": htmlContent("A page that says that Isthmus failed."),
};

/** `/oauth/start/{token}`, `/oauth/callback/{type}`, `/oauth/done/{id}`: the addresses that a person's browser sees. */
export const oauthRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  await app.register(cookie);
  // Whatever goes wrong here is told to a person, in a page.
  app.setErrorHandler((error, request, reply) => {
    const { problem, retryAfterSeconds } = describeProblem(error, request);
    const page = describeFailure(problem);
    if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
    // What passes by itself (429, 503) has used nothing up: loading the same address again goes on.
    const isFinal = request.routeOptions.url === callbackPath && page.status !== 503 && page.status !== 429;
    return isFinal ? goToPage(services, reply, page) : sendPage(reply, page);
  });

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
        response: pageResponses,
      },
    },
    async (request, reply) => {
      const started = await startAuthorization(services, request.params.token);
      reply.setCookie(started.cookieName, started.cookie, cookieOptions(services, startCookie));
      return reply.redirect(started.authorizationUrl, 302);
    },
  );

  app.get(
    callbackPath,
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        security: [],
        summary: "Come back from the vendor",
        description:
          "Needs the cookie of the start link. Goes to returnTo with ?connector=&status=, or to a page of ours: never stays at an address that holds a code.",
        operationId: "finishAuthorization",
        params: z.object({ type: z.string().max(50) }),
        querystring: callbackQuerySchema,
        response: pageResponses,
      },
    },
    async (request, reply) => {
      const state = request.query.state ?? "";
      const cookieName = cookieNameOf(state);
      const finished = await finishAuthorization(services, {
        type: request.params.type,
        state,
        cookie: request.cookies[cookieName],
        url: `${services.settings.publicUrl()}/oauth/callback/${request.params.type}${queryOf(request.url)}`,
        requestId: request.id,
        ip: request.ip,
      });
      reply.clearCookie(cookieName, cookieOptions(services, { path: startCookie.path }));
      const { returnTo } = finished;
      if (returnTo !== undefined) return reply.redirect(withOutcome(returnTo, finished, request), 303);
      return goToPage(services, reply, pageOf(finished, request));
    },
  );

  app.get(
    "/oauth/done/:id",
    {
      schema: {
        tags,
        security: [],
        summary: "See how an authorisation ended",
        description: "Shows what the callback left in a cookie of this address.",
        operationId: "showAuthorizationResult",
        params: z.object({ id: z.string().max(50) }),
        response: pageResponses,
      },
    },
    async (request, reply) => sendPage(reply, unpackResultPage(request.cookies[resultCookie] ?? "") ?? noResult),
  );
};

function htmlContent(description: string) {
  return { description, content: { "text/html": { schema: z.string() } } };
}

/**
 * Leaves the callback's address, so that neither the address bar nor the history keeps code and state. The page travels in
 * a cookie of its own address: it needs no table, and any process of the service can show it.
 */
function goToPage(services: Services, reply: FastifyReply, page: ResultPage): FastifyReply {
  const path = `/oauth/done/${services.random.bytes(12).toString("base64url")}`;
  reply.setCookie(resultCookie, packResultPage(page), cookieOptions(services, { path, maxAge: resultSeconds }));
  return reply.redirect(path, 303);
}

function cookieOptions({ settings }: Services, own: CookieSerializeOptions): CookieSerializeOptions {
  return { ...own, httpOnly: true, sameSite: "lax", secure: settings.publicUrl().startsWith("https://") };
}

/** With its question mark. A request may name a whole address with another host, which must not count. */
function queryOf(requestUrl: string): string {
  const at = requestUrl.indexOf("?");
  return at < 0 ? "" : requestUrl.slice(at);
}

function pageOf(finished: FinishedAuthorization, request: FastifyRequest): ResultPage {
  const { result } = finished;
  if (result.outcome === "connected") return describeSuccess(finished, result.account);
  if (result.outcome === "requested") return describeRequest(finished, result);
  return describeFailure(describeProblem(result.error, request).problem);
}

/** What the address that the browser goes on to calls it. */
const statusNames = { connected: "connected", requested: "pending_approval", failed: "failed" } as const;

function withOutcome(returnTo: string, finished: FinishedAuthorization, request: FastifyRequest): string {
  const url = new URL(returnTo);
  url.searchParams.set("connector", finished.connectorId);
  const { result } = finished;
  url.searchParams.set("status", statusNames[result.outcome]);
  if (result.outcome === "requested") url.searchParams.set("changeRequest", result.changeRequestId);
  if (result.outcome === "failed") url.searchParams.set("code", describeProblem(result.error, request).problem.code);
  return url.href;
}

function sendPage(reply: FastifyReply, page: ResultPage): FastifyReply {
  return reply
    .code(page.status)
    .header("content-security-policy", pagePolicy)
    .type("text/html; charset=utf-8")
    .send(renderResultPage(page));
}
