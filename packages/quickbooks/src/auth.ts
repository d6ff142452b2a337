import { AuthenticationError, defineScheme, type OAuthProfile, type RefreshPolicy, type TokenSet } from "@isthmus/core";
import { hostsOf } from "./hosts.js";
import {
  authorizationCodeCredentialsSchema,
  type QuickbooksConfiguration,
  type QuickbooksCredentials,
} from "./options.js";

/**
 * How Intuit's tokens want to be refreshed. The refresh token changes about once a day, and the value before it is refused
 * then: a refresh with an unknown outcome is repeated only for grants that were never seen to rotate.
 */
export const refreshPolicy: RefreshPolicy = {
  marginMs: 300_000,
  jitterMs: 60_000,
  assumedLifetimeMs: 3_600_000,
  afterAmbiguous: "retry_once_unless_rotating",
};

/** OAuth 2.0 authorization code: a person signs in at Intuit, chooses a company and allows the connection. */
export const authorizationCodeScheme = defineScheme<QuickbooksCredentials, QuickbooksConfiguration>({
  title: "OAuth 2.0 (a person signs in)",
  credentials: authorizationCodeCredentialsSchema,
  oauth: describeAuthorizationServer,
  initialTokens: toInitialTokens,
});

function describeAuthorizationServer(
  { clientId, clientSecret }: QuickbooksCredentials,
  configuration: QuickbooksConfiguration,
): OAuthProfile {
  const { issuer, authorizationEndpoint, tokenEndpoint, revocationEndpoint } = hostsOf(configuration);
  return {
    grant: "authorization_code",
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    revocationEndpoint,
    clientId,
    clientSecret,
    clientAuthentication: "client_secret_basic",
    scopes: configuration.scopes,
    // Without it Intuit does not tell when the grant ends for good.
    // https://blogs.intuit.com/2025/11/12/important-changes-to-refresh-token-policy/
    tokenHeaders: { "x-include-refresh-token-hard-expires-in": "true" },
    callbackAttributes: (parameters) => ({ realmId: requireRealm(parameters.get("realmId") ?? undefined) }),
    readTokenResponse: (response, nowMs) => {
      const hardSeconds = readSeconds(response.x_refresh_token_hard_expires_in);
      return hardSeconds === undefined ? {} : { reconnectBeforeMs: nowMs + hardSeconds * 1000 };
    },
  };
}

/** A refresh token alone: the access token counts as ended long ago, so the first call refreshes. */
function toInitialTokens({ refreshToken, realmId }: QuickbooksCredentials): TokenSet | undefined {
  if (refreshToken === undefined || realmId === undefined) return undefined;
  return {
    accessToken: "",
    tokenType: "bearer",
    refreshToken,
    expiresAtMs: 0,
    issuedAtMs: 0,
    attributes: { realmId },
  };
}

/**
 * The company that a grant is for, which only the callback's address tells.
 *
 * @throws {AuthenticationError} `RECONNECT_REQUIRED` when it is missing or no company id.
 */
export function requireRealm(realmId: string | undefined): string {
  if (realmId !== undefined && /^\d{1,20}$/.test(realmId)) return realmId;
  throw new AuthenticationError("Intuit did not say which company the grant is for: connect again and choose one.", {
    reconnectRequired: true,
  });
}

function readSeconds(value: unknown): number | undefined {
  const seconds = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
