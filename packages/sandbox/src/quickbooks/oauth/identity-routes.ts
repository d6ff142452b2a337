import type { FastifyInstance } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import type { QuickbooksState } from "../state.js";
import { issuer } from "./id-token.js";
import { person } from "./person.js";

/** What each scope lets a client see of the person; Intuit's names are in camel case. */
const visible: Readonly<Record<string, readonly (keyof typeof person)[]>> = {
  openid: ["sub"],
  email: ["email", "emailVerified"],
  profile: ["givenName", "familyName"],
  phone: ["phoneNumber", "phoneNumberVerified"],
  address: ["address"],
};

/** Adds the user info, the keys of the id tokens, and the discovery document, which names every other endpoint. */
export function addIdentityRoutes(app: FastifyInstance, state: QuickbooksState): void {
  app.get("/v1/openid_connect/userinfo", async (request, reply) => {
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const accessToken = token === undefined ? undefined : state.grants.findAccessToken(token);
    if (accessToken === undefined || !accessToken.scopes.includes("openid")) {
      reply.header("www-authenticate", 'Bearer error="invalid_token"');
      return sendJson(reply, 401, { error: "invalid_token" });
    }
    const names = accessToken.scopes.flatMap((scope) => visible[scope] ?? []);
    return sendJson(reply, 200, Object.fromEntries(names.map((name) => [name, person[name]])));
  });
  app.get("/op/v1/jwks", async (_request, reply) => sendJson(reply, 200, state.idTokens.keySet()));
  for (const name of ["openid_configuration", "openid_sandbox_configuration"]) {
    app.get(`/.well-known/${name}`, async (_request, reply) =>
      sendJson(reply, 200, describeEndpoints(state.baseUrl())),
    );
  }
}

function describeEndpoints(url: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${url}/connect/oauth2`,
    token_endpoint: `${url}/oauth2/v1/tokens/bearer`,
    userinfo_endpoint: `${url}/v1/openid_connect/userinfo`,
    jwks_uri: `${url}/op/v1/jwks`,
    revocation_endpoint: `${url}/v2/oauth2/tokens/revoke`,
    response_types_supported: ["code"],
    scopes_supported: ["openid", "email", "profile", "address", "phone"],
    token_endpoint_auth_methods_supported: ["client_secret_basic"],
  };
}
