import type { FastifyInstance, FastifyReply } from "fastify";
import { formOf } from "../../shared/client-credentials.js";
import type { AccessToken, Grant } from "../../shared/grant-store.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import { user } from "../schema/service-objects.js";
import type { SalesforceState } from "../state.js";
import { authenticateClient } from "./client-authentication.js";
import { identityUrl } from "./token-response.js";

/** Adds revocation and introspection. */
export function addTokenManagementRoutes(app: FastifyInstance, state: SalesforceState): void {
  app.get<{ Querystring: { token?: string } }>("/services/oauth2/revoke", async (request, reply) =>
    revoke(reply, state, request.query.token),
  );
  app.post("/services/oauth2/revoke", async (request, reply) => revoke(reply, state, formOf(request).token));
  app.post("/services/oauth2/introspect", async (request, reply) => {
    authenticateClient(request, state);
    return sendJson(reply, 200, introspect(state, formOf(request).token ?? ""));
  });
}

/** A refresh token takes its whole grant with it; an access token only itself. */
function revoke(reply: FastifyReply, state: SalesforceState, token: string | undefined): FastifyReply {
  if (token === undefined) throw new OAuthError("unsupported_token_type", "this token type is not supported");
  const grant = state.grants.findByRefreshToken(token);
  if (grant !== undefined) state.grants.revokeGrant(grant.id);
  else if (state.grants.findAccessToken(token) !== undefined) state.grants.revokeAccessToken(token);
  else throw new OAuthError("invalid_token", "invalid token");
  return reply.code(200).send();
}

function introspect(state: SalesforceState, token: string): Record<string, unknown> {
  const accessToken = state.grants.findAccessToken(token);
  if (accessToken !== undefined) {
    return { ...describeHolder(state, accessToken), token_type: "access_token", ...describeTimes(accessToken) };
  }
  const grant = state.grants.findByRefreshToken(token);
  return grant === undefined ? { active: false } : { ...describeHolder(state, grant), token_type: "refresh_token" };
}

function describeHolder(state: SalesforceState, holder: AccessToken | Grant): Record<string, unknown> {
  return {
    active: true,
    scope: holder.scopes.join(" "),
    client_id: holder.clientId,
    username: state.store.get(user, holder.userId)?.Username ?? null,
    sub: identityUrl(state, holder.userId),
  };
}

function describeTimes(token: AccessToken): Record<string, number> {
  const issuedAt = Math.floor(token.issuedAt / 1000);
  return { exp: Math.floor(token.expiresAt / 1000), iat: issuedAt, nbf: issuedAt };
}
