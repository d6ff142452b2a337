import type { FastifyInstance } from "fastify";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { QuickbooksState } from "../state.js";
import { addAuthorizeRoutes } from "./authorize-routes.js";
import { addIdentityRoutes } from "./identity-routes.js";
import { addTokenRoutes } from "./token-routes.js";

/** Adds the authorize page, the token and revocation endpoints, and the user info. */
export function addOAuthRoutes(app: FastifyInstance, state: QuickbooksState): void {
  void app.register(async (oauth) => {
    oauth.setErrorHandler((error, _request, reply) => {
      if (error instanceof OAuthError) return sendJson(reply, error.status, error.toBody());
      const status =
        typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
      return sendJson(reply, status, { error: status < 500 ? "invalid_request" : "server_error" });
    });
    addAuthorizeRoutes(oauth, state);
    addTokenRoutes(oauth, state);
    addIdentityRoutes(oauth, state);
  });
}
