import type { FastifyInstance, FastifyRequest } from "fastify";
import { type FormParameters, formOf } from "../../shared/client-credentials.js";
import { verifiesChallenge } from "../../shared/grant-store.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { SalesforceState } from "../state.js";
import { authenticateClient } from "./client-authentication.js";
import { readAssertion } from "./jwt-assertion.js";
import { allowsRefresh, readScopes } from "./scopes.js";
import { renderTokenResponse, type TokenResponse } from "./token-response.js";
import { findUserByName, listActiveUsers, requireActiveUser } from "./users.js";

type Flow = (request: FastifyRequest, form: FormParameters, state: SalesforceState) => TokenResponse;

const flows: Readonly<Record<string, Flow>> = {
  authorization_code: exchangeCode,
  refresh_token: refresh,
  client_credentials: grantToClient,
  "urn:ietf:params:oauth:grant-type:jwt-bearer": grantToAssertion,
};

/** Adds `/services/oauth2/token`. */
export function addTokenRoute(app: FastifyInstance, state: SalesforceState): void {
  app.post("/services/oauth2/token", async (request, reply) => {
    const form = formOf(request);
    reply.header("cache-control", "no-store");
    if (form.grant_type === undefined) throw new OAuthError("invalid_request", "grant type not provided");
    const flow = Object.hasOwn(flows, form.grant_type) ? flows[form.grant_type] : undefined;
    if (flow === undefined) throw new OAuthError("unsupported_grant_type", "grant type not supported");
    return sendJson(reply, 200, flow(request, form, state));
  });
}

function exchangeCode(request: FastifyRequest, form: FormParameters, state: SalesforceState): TokenResponse {
  authenticateClient(request, state);
  const code = state.grants.takeCode(form.code ?? "");
  if (code === "unknown") throw new OAuthError("invalid_grant", "invalid authorization code");
  if (code === "expired") throw new OAuthError("invalid_grant", "expired authorization code");
  if (form.redirect_uri !== code.redirectUri)
    throw new OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration");
  assertVerifier(form.code_verifier, code.codeChallenge);
  requireActiveUser(state, code.userId);
  const { clientId, userId, scopes } = code;
  const grant = state.grants.createGrant({ clientId, userId, scopes, refreshable: allowsRefresh(scopes) });
  return renderTokenResponse(state, grant, state.grants.issueAccessToken(grant), true);
}

function assertVerifier(verifier: string | undefined, challenge: string | null): void {
  // A verifier without a challenge is refused as well, so that nobody can strip the challenge on the way in.
  if (challenge === null && verifier === undefined) return;
  if (challenge === null || verifier === undefined || !verifiesChallenge(verifier, challenge, 256)) {
    throw new OAuthError("invalid_grant", "invalid code verifier");
  }
}

function refresh(request: FastifyRequest, form: FormParameters, state: SalesforceState): TokenResponse {
  authenticateClient(request, state);
  const grant = state.grants.findRefreshable(form.refresh_token ?? "", state.client.id);
  if (typeof grant === "string") throw new OAuthError("invalid_grant", "expired access/refresh token");
  requireActiveUser(state, grant.userId);
  const rotated = state.grants.rotate(grant);
  return renderTokenResponse(state, grant, state.grants.issueAccessToken(grant), rotated);
}

/** The app acts as its "Run As" user: the administrator. Only at the organisation's own address (My Domain). */
function grantToClient(request: FastifyRequest, form: FormParameters, state: SalesforceState): TokenResponse {
  authenticateClient(request, state, true);
  const { genericLoginHost } = state.settings;
  if (genericLoginHost !== "" && request.hostname === genericLoginHost) {
    throw new OAuthError("invalid_grant", "request not supported on this domain");
  }
  const [runAs] = listActiveUsers(state);
  if (runAs === undefined) throw new OAuthError("invalid_grant", "no client credentials user enabled");
  return grantWithoutRefresh(state, String(runAs.Id), readScopes(form.scope));
}

function grantToAssertion(_request: FastifyRequest, form: FormParameters, state: SalesforceState): TokenResponse {
  const { username } = readAssertion(form.assertion ?? "", state);
  const row = findUserByName(state, username);
  if (row === undefined) throw new OAuthError("invalid_grant", "user hasn't approved this consumer");
  requireActiveUser(state, String(row.Id));
  return grantWithoutRefresh(state, String(row.Id), readScopes(form.scope));
}

function grantWithoutRefresh(state: SalesforceState, userId: string, asked: string[]): TokenResponse {
  const scopes = asked.filter((scope) => scope !== "refresh_token" && scope !== "offline_access");
  const grant = state.grants.standingGrant({ clientId: state.client.id, userId, scopes });
  return renderTokenResponse(state, grant, state.grants.issueAccessToken(grant), false);
}
