import type { FastifyInstance } from "fastify";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { SalesforceState } from "../state.js";
import { addAuthorizeRoutes } from "./authorize-routes.js";
import { addIdentityRoutes } from "./identity-routes.js";
import { addTokenManagementRoutes } from "./token-management-routes.js";
import { addTokenRoute } from "./token-route.js";

/** Adds everything below `/services/oauth2` and the identity URL. */
export function addOAuthRoutes(app: FastifyInstance, state: SalesforceState): void {
  void app.register(async (oauth) => {
    oauth.setErrorHandler((error, _request, reply) => {
      if (error instanceof OAuthError) return sendJson(reply, error.status, error.toBody());
      const status =
        typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
      const refusal =
        status < 500
          ? new OAuthError("invalid_request", "bad request", status)
          : new OAuthError("server_error", "unexpected error", 500);
      return sendJson(reply, refusal.status, refusal.toBody());
    });
    addAuthorizeRoutes(oauth, state);
    addTokenRoute(oauth, state);
    addTokenManagementRoutes(oauth, state);
    addIdentityRoutes(oauth, state);
  });
}
