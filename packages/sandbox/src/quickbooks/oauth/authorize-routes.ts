import type { FastifyInstance, FastifyReply } from "fastify";
import { renderAuthorizeErrorPage, renderConsentPage } from "../../shared/authorize-page.js";
import { BoundedMap } from "../../shared/bounded-map.js";
import { pageHeaders } from "../../shared/html.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { isRedirectUriAllowed } from "../../shared/redirect-uris.js";
import type { Company, QuickbooksState } from "../state.js";
import { describeScopes, readScopes } from "./scopes.js";

const path = "/connect/oauth2";

interface PendingRequest {
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
}

type Parameters = Record<string, string | undefined>;

/** Adds the page on which a person chooses a company and connects it, and the form that it sends. */
export function addAuthorizeRoutes(app: FastifyInstance, state: QuickbooksState): void {
  const pending = new BoundedMap<string, PendingRequest>(1_000);

  app.get<{ Querystring: Parameters }>(path, async (request, reply) => {
    const asked = readRequest(request.query, state);
    if (asked instanceof OAuthError) return sendErrorPage(reply, asked);
    if (state.settings.skipConsent) return connect(reply, state, asked, state.companies.values().next().value);
    const requestId = Buffer.from(state.random(24)).toString("base64url");
    pending.set(requestId, asked);
    return reply.headers(pageHeaders).send(renderConsent(state, asked, requestId));
  });

  app.post<{ Body: Parameters }>(path, async (request, reply) => {
    const { request: requestId = "", decision, username = "" } = request.body ?? {};
    const asked = pending.get(requestId);
    if (asked === undefined || (decision !== "allow" && decision !== "deny")) {
      return sendErrorPage(reply, new OAuthError("invalid_request", "This page was used before or is too old"));
    }
    pending.delete(requestId);
    if (decision === "allow") return connect(reply, state, asked, state.companies.get(username));
    return redirect(reply, asked, { error: "access_denied", error_description: "The user did not allow access" });
  });
}

/** Intuit shows a page for every request that it cannot take: it sends nobody back but with a code or a denial. */
function readRequest(query: Parameters, state: QuickbooksState): PendingRequest | OAuthError {
  if (query.client_id !== state.client.id) {
    return new OAuthError("invalid_client", "The client_id query parameter is missing or invalid");
  }
  const redirectUri = query.redirect_uri ?? "";
  if (!isRedirectUriAllowed(redirectUri, state.client.redirectUris)) {
    return new OAuthError("invalid_request", "The redirect_uri query parameter value is invalid");
  }
  if (query.response_type !== "code") {
    return new OAuthError("unsupported_response_type", "The response_type query parameter value must be code");
  }
  if (query.state === undefined || query.state === "") {
    return new OAuthError("invalid_request", "The state query parameter is missing");
  }
  try {
    return { redirectUri, state: query.state, scopes: readScopes(query.scope) };
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

function renderConsent(state: QuickbooksState, asked: PendingRequest, requestId: string): string {
  return renderConsentPage({
    vendor: "QuickBooks",
    clientName: state.client.name,
    permissions: describeScopes(asked.scopes),
    accountLabel: "Company",
    accounts: [...state.companies.values()].map(({ realmId, name }) => ({ value: realmId, label: name })),
    redirectUri: asked.redirectUri,
    action: path,
    requestId,
  });
}

function connect(
  reply: FastifyReply,
  state: QuickbooksState,
  asked: PendingRequest,
  company: Company | undefined,
): FastifyReply {
  if (company === undefined) return sendErrorPage(reply, new OAuthError("invalid_request", "There is no such company"));
  const code = state.grants.issueCode({
    clientId: state.client.id,
    userId: company.realmId,
    redirectUri: asked.redirectUri,
    scopes: asked.scopes,
    codeChallenge: null,
  });
  return redirect(reply, asked, { code, realmId: company.realmId });
}

function redirect(reply: FastifyReply, asked: PendingRequest, parameters: Record<string, string>): FastifyReply {
  const target = new URL(asked.redirectUri);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  if (asked.state !== undefined) target.searchParams.set("state", asked.state);
  return reply.header("cache-control", "no-store").redirect(target.href, 302);
}

function sendErrorPage(reply: FastifyReply, error: OAuthError): FastifyReply {
  return reply
    .code(400)
    .headers(pageHeaders)
    .send(renderAuthorizeErrorPage("QuickBooks", error.error, error.message));
}
