import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type FormParameters, formOf, isSameSecret, readBasicCredentials } from "../../shared/client-credentials.js";
import type { Grant } from "../../shared/grant-store.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { QuickbooksState } from "../state.js";

/** Adds the token endpoint and revocation. Both take a form or flat JSON, as Intuit's do. */
export function addTokenRoutes(app: FastifyInstance, state: QuickbooksState): void {
  app.post("/oauth2/v1/tokens/bearer", async (request, reply) => {
    authenticateClient(request, state);
    const form = formOf(request);
    reply.header("cache-control", "no-cache, no-store");
    const grant = readGrant(form, state);
    return sendJson(reply, 200, renderTokens(request, state, grant));
  });
  app.post("/v2/oauth2/tokens/revoke", async (request, reply) => {
    authenticateClient(request, state);
    return revoke(reply, state, formOf(request).token);
  });
}

/** Intuit takes HTTP Basic only. @throws {OAuthError} 401 `invalid_client`, without a word more. */
function authenticateClient(request: FastifyRequest, state: QuickbooksState): void {
  const credentials = readBasicCredentials(request);
  if (credentials === undefined || credentials === "malformed" || credentials.id !== state.client.id) {
    throw new OAuthError("invalid_client", "", 401);
  }
  if (!isSameSecret(credentials.secret, state.client.secret)) throw new OAuthError("invalid_client", "", 401);
}

function readGrant(form: FormParameters, state: QuickbooksState): Grant {
  if (form.grant_type === "authorization_code") return exchangeCode(form, state);
  if (form.grant_type === "refresh_token") return refresh(form, state);
  if (form.grant_type === undefined) throw new OAuthError("invalid_request", "Missing grant_type");
  throw new OAuthError("unsupported_grant_type");
}

function exchangeCode(form: FormParameters, state: QuickbooksState): Grant {
  const code = state.grants.takeCode(form.code ?? "");
  if (code === "unknown" || code === "expired" || form.redirect_uri !== code.redirectUri) {
    throw new OAuthError("invalid_grant");
  }
  const { clientId, userId, scopes } = code;
  return state.grants.createGrant({ clientId, userId, scopes, refreshable: true });
}

function refresh(form: FormParameters, state: QuickbooksState): Grant {
  if (form.refresh_token === undefined) throw new OAuthError("invalid_request", "Missing refresh_token");
  const grant = state.grants.findRefreshable(form.refresh_token, state.client.id);
  // Intuit gives no description here, whatever the reason.
  if (typeof grant === "string" || hardEndOf(grant, state) <= state.clock()) throw new OAuthError("invalid_grant");
  state.grants.rotate(grant);
  return grant;
}

function renderTokens(request: FastifyRequest, state: QuickbooksState, grant: Grant): Record<string, unknown> {
  const { accessTokenLifetimeMs, refreshTokenLifetimeMs } = state.settings;
  const now = state.clock();
  const token = state.grants.issueAccessToken(grant);
  const idleEnd = Math.min(grant.refreshTokenIssuedAt + refreshTokenLifetimeMs, hardEndOf(grant, state));
  const isAsked = request.headers["x-include-refresh-token-hard-expires-in"] === "true";
  const hard = isAsked ? { x_refresh_token_hard_expires_in: seconds(hardEndOf(grant, state) - now) } : {};
  return {
    token_type: "bearer",
    access_token: token.token,
    expires_in: seconds(accessTokenLifetimeMs),
    refresh_token: grant.refreshToken,
    x_refresh_token_expires_in: seconds(idleEnd - now),
    ...hard,
    // With the scope openid the client learns who it was, at the first exchange and at each refresh.
    ...(grant.scopes.includes("openid") ? { id_token: state.idTokens.sign(token) } : {}),
  };
}

/** A refresh token ends its whole connection; so does an access token, as at Intuit. */
function revoke(reply: FastifyReply, state: QuickbooksState, token: string | undefined): FastifyReply {
  if (token === undefined) throw new OAuthError("invalid_request", "Missing token");
  const grantId = state.grants.findByRefreshToken(token)?.id ?? state.grants.findAccessToken(token)?.grantId;
  if (grantId === undefined) throw new OAuthError("invalid_request");
  state.grants.revokeGrant(grantId);
  return reply.code(200).send();
}

function hardEndOf(grant: Grant, state: QuickbooksState): number {
  return grant.createdAt + state.settings.refreshTokenHardLifetimeMs;
}

function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}
