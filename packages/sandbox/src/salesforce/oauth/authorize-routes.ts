import type { FastifyInstance, FastifyReply } from "fastify";
import { renderAuthorizeErrorPage, renderConsentPage } from "../../shared/authorize-page.js";
import { BoundedMap } from "../../shared/bounded-map.js";
import { pageHeaders } from "../../shared/html.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { isRedirectUriAllowed } from "../../shared/redirect-uris.js";
import type { SalesforceState } from "../state.js";
import { describeScopes, readScopes } from "./scopes.js";
import { findUserByName, listActiveUsers } from "./users.js";

const path = "/services/oauth2/authorize";

interface PendingRequest {
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
  codeChallenge: string | null;
}

type Parameters = Record<string, string | undefined>;

/** Adds the page on which a person allows or denies, and the form that it sends. */
export function addAuthorizeRoutes(app: FastifyInstance, state: SalesforceState): void {
  const pending = new BoundedMap<string, PendingRequest>(1_000);

  app.get<{ Querystring: Parameters }>(path, async (request, reply) => {
    const redirectUri = readClientAndRedirect(request.query, state);
    if (redirectUri instanceof OAuthError) return sendErrorPage(reply, redirectUri);
    const asked = readRequest(request.query, redirectUri, state);
    if (asked instanceof OAuthError) return redirectWithError(reply, redirectUri, request.query.state, asked);
    if (state.settings.skipConsent) return allow(reply, state, asked, undefined);
    const requestId = Buffer.from(state.random(24)).toString("base64url");
    pending.set(requestId, asked);
    return reply.headers(pageHeaders).send(renderConsent(state, asked, requestId));
  });

  app.post<{ Body: Parameters }>(path, async (request, reply) => {
    const { request: requestId = "", decision, username } = request.body ?? {};
    const asked = pending.get(requestId);
    if (asked === undefined || (decision !== "allow" && decision !== "deny")) {
      return sendErrorPage(reply, new OAuthError("invalid_request", "this page was used before or is too old"));
    }
    pending.delete(requestId);
    if (decision === "allow") return allow(reply, state, asked, username);
    const denied = new OAuthError("access_denied", "end-user denied authorization");
    return redirectWithError(reply, asked.redirectUri, asked.state, denied);
  });
}

/** Client and redirect URI come first: until both are known to be right, nothing may be sent to that URI. */
function readClientAndRedirect(query: Parameters, state: SalesforceState): string | OAuthError {
  if (query.client_id === undefined) return new OAuthError("invalid_client_id", "client identifier not provided");
  if (query.client_id !== state.client.id) return new OAuthError("invalid_client_id", "client identifier invalid");
  if (query.redirect_uri === undefined)
    return new OAuthError("invalid_request", "missing required parameter: redirect_uri");
  if (isRedirectUriAllowed(query.redirect_uri, state.client.redirectUris)) return query.redirect_uri;
  return new OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration");
}

function readRequest(query: Parameters, redirectUri: string, state: SalesforceState): PendingRequest | OAuthError {
  try {
    if (query.response_type !== "code")
      throw new OAuthError("unsupported_response_type", "response type not supported");
    const codeChallenge = query.code_challenge ?? null;
    if (codeChallenge === null && state.settings.requirePkce) {
      throw new OAuthError("invalid_request", "missing required code challenge");
    }
    if (codeChallenge !== null && (query.code_challenge_method ?? "S256") !== "S256") {
      throw new OAuthError("invalid_request", "code challenge method not supported");
    }
    if (codeChallenge !== null && !/^[A-Za-z0-9\-_]{43}$/.test(codeChallenge)) {
      throw new OAuthError("invalid_request", "invalid code challenge");
    }
    return { redirectUri, state: query.state, scopes: readScopes(query.scope), codeChallenge };
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

function renderConsent(state: SalesforceState, asked: PendingRequest, requestId: string): string {
  return renderConsentPage({
    vendor: "Salesforce",
    clientName: state.client.name,
    permissions: describeScopes(asked.scopes),
    accounts: listActiveUsers(state).map((row) => ({
      value: String(row.Username),
      label: `${String(row.FirstName)} ${String(row.LastName)} – ${String(row.Title ?? row.Username)}`,
    })),
    redirectUri: asked.redirectUri,
    action: path,
    requestId,
  });
}

function allow(
  reply: FastifyReply,
  state: SalesforceState,
  asked: PendingRequest,
  username: string | undefined,
): FastifyReply {
  const row = username === undefined ? listActiveUsers(state)[0] : findUserByName(state, username);
  if (row === undefined || row.IsActive !== true) {
    return redirectWithError(
      reply,
      asked.redirectUri,
      asked.state,
      new OAuthError("inactive_user", "user is inactive"),
    );
  }
  const code = state.grants.issueCode({
    clientId: state.client.id,
    userId: String(row.Id),
    redirectUri: asked.redirectUri,
    scopes: asked.scopes,
    codeChallenge: asked.codeChallenge,
  });
  return redirect(reply, asked.redirectUri, { code, state: asked.state });
}

function redirectWithError(
  reply: FastifyReply,
  redirectUri: string,
  state: string | undefined,
  error: OAuthError,
): FastifyReply {
  return redirect(reply, redirectUri, { ...error.toBody(), state });
}

function redirect(
  reply: FastifyReply,
  redirectUri: string,
  parameters: Record<string, string | undefined>,
): FastifyReply {
  const target = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) target.searchParams.set(name, value);
  }
  return reply.header("cache-control", "no-store").redirect(target.href, 302);
}

function sendErrorPage(reply: FastifyReply, error: OAuthError): FastifyReply {
  return reply
    .code(400)
    .headers(pageHeaders)
    .send(renderAuthorizeErrorPage("Salesforce", error.error, error.message));
}
