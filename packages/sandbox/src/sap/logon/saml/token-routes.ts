import { createPublicKey } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { formOf } from "../../../shared/client-credentials.js";
import { OAuthError } from "../../../shared/oauth-error.js";
import { sendJson } from "../../../shared/sandbox-server.js";
import type { LogonParts } from "../logon.js";
import { readBasic } from "../logon.js";
import { checkAssertion } from "./check-assertion.js";

/** The identity provider that the system trusts (SAML2), for the grant of RFC 7522. */
export interface SamlTrust {
  /** Entity id of the identity provider. */
  issuer: string;
  /** Its certificate, or its public key, in PEM. */
  certificate: string;
  /** This system's name as a service provider. Default `S4H100`. */
  audience?: string;
  /** The token endpoint's address as assertions name it. Default: the one it is called by. */
  recipient?: string;
}

const grantType = "urn:ietf:params:oauth:grant-type:saml2-bearer";
const path = "/sap/bc/sec/oauth2/token";

/** Adds the token endpoint of the ABAP system: a SAML bearer assertion for a token. OAuth clients are users (SOAUTH2). */
export function addSamlTokenRoutes(app: FastifyInstance, trust: SamlTrust | undefined, parts: LogonParts): void {
  const key = trust === undefined ? undefined : createPublicKey(trust.certificate);
  app.post(path, async (request, reply) => {
    reply.header("cache-control", "no-store");
    try {
      const client = authenticate(request, parts);
      const form = formOf(request);
      if (form.client_id !== undefined && form.client_id.toUpperCase() !== client)
        throw new OAuthError("invalid_client", "", 401);
      if (form.grant_type !== grantType || trust === undefined || key === undefined)
        throw new OAuthError("unsupported_grant_type");
      if (form.assertion === undefined) throw new OAuthError("invalid_request", "Parameter assertion is missing");
      const recipient = trust.recipient ?? `${request.protocol}://${request.host}${path}`;
      const rules = {
        issuer: trust.issuer,
        audience: trust.audience ?? "S4H100",
        recipient,
        key,
        now: parts.state.clock(),
      };
      const user = readSubject(form.assertion, rules).toUpperCase();
      if (!parts.users.has(user) || parts.users.isLocked(user)) {
        throw new OAuthError(
          "invalid_grant",
          "The resource owner of the assertion is no user of this system, or locked",
        );
      }
      const { token, expiresInSeconds } = parts.tokens.issue(user);
      // ABAP writes the lifetime as text.
      const answer = {
        access_token: token,
        token_type: "Bearer",
        expires_in: String(expiresInSeconds),
        scope: form.scope ?? "",
      };
      return sendJson(reply, 200, answer);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      if (error.status === 401) reply.header("www-authenticate", 'Basic realm="OAuth 2.0 Client"');
      return sendJson(reply, error.status, error.toBody());
    }
  });
}

function authenticate(request: FastifyRequest, { users, state }: LogonParts): string {
  const basic = readBasic(request.headers.authorization ?? "");
  const isGood =
    basic !== undefined && users.check(basic.user, basic.password, state.settings.failsToUserLock) === "good";
  if (!isGood) throw new OAuthError("invalid_client", "OAuth 2.0 client credentials are missing or wrong", 401);
  return basic.user;
}

function readSubject(assertion: string, rules: Parameters<typeof checkAssertion>[1]): string {
  try {
    return checkAssertion(Buffer.from(assertion, "base64url").toString("utf8"), rules);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new OAuthError("invalid_grant", `Provided authorization grant is invalid. ${reason}`);
  }
}
