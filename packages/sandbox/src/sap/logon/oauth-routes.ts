import type { FastifyInstance, FastifyRequest } from "fastify";
import { formOf, isSameSecret } from "../../shared/client-credentials.js";
import { OAuthError } from "../../shared/oauth-error.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { SapState } from "../state.js";
import type { AccessTokens } from "./access-tokens.js";
import { type CertificateRule, CertificateRules } from "./certificates.js";

/** A service binding of XSUAA. */
export interface OAuthClient {
  /** Such as `sb-app!b12345|service!b67890`. */
  id: string;
  secret: string;
  /** The user of the system that its tokens stand for. */
  user: string;
  /** An X.509 binding: over TLS this certificate stands for the secret. Default: there is none. */
  certificate?: Omit<CertificateRule, "user">;
}

/** Adds XSUAA's token endpoint: client credentials, in the body or as Basic. */
export function addXsuaaRoutes(app: FastifyInstance, client: OAuthClient, tokens: AccessTokens, state: SapState): void {
  app.post("/oauth/token", async (request, reply) => {
    reply.header("cache-control", "no-store");
    try {
      authenticate(request, client);
      const { grant_type: grantType } = formOf(request);
      if (grantType === undefined) throw new OAuthError("invalid_request", "Missing grant type");
      if (grantType !== "client_credentials") {
        throw new OAuthError("unsupported_grant_type", `Unsupported grant type: ${grantType}`);
      }
      const { token, expiresInSeconds } = tokens.issue(client.user);
      const jti = Buffer.from(state.random(16)).toString("hex");
      return sendJson(reply, 200, {
        access_token: token,
        token_type: "bearer",
        expires_in: expiresInSeconds,
        scope: "uaa.resource",
        jti,
      });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return sendJson(reply, error.status, error.toBody());
    }
  });
}

/** XSUAA takes Basic credentials as they are, although RFC 6749 has them form-encoded, unless a header says that they are. */
function authenticate(request: FastifyRequest, client: OAuthClient): void {
  const { client_id: formId, client_secret: formSecret } = formOf(request);
  if (formId === client.id && formSecret === undefined && isKnownCertificate(request, client)) return;
  const given = readBasic(request) ?? (formId === undefined ? undefined : { id: formId, secret: formSecret ?? "" });
  if (given === undefined)
    throw new OAuthError("unauthorized", "An Authentication object was not found in the SecurityContext", 401);
  if (given.id !== client.id || !isSameSecret(given.secret, client.secret)) {
    throw new OAuthError("unauthorized", "Bad credentials", 401);
  }
}

function isKnownCertificate(request: FastifyRequest, { certificate, user }: OAuthClient): boolean {
  const rules = certificate === undefined ? [] : [{ ...certificate, user }];
  return new CertificateRules(rules).userOf(request.raw.socket) !== undefined;
}

function readBasic(request: FastifyRequest): { id: string; secret: string } | undefined {
  const [, encoded] = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  const isEncoded = request.headers["x-cf-encoded-credentials"] === "true";
  const parts = [text.slice(0, colon), text.slice(colon + 1)].map((part) => (isEncoded ? decode(part) : part));
  const [id = "", secret = ""] = parts;
  return { id, secret };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
