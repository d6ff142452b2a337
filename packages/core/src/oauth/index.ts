export type { PendingAuthorization, StartAuthorizationOptions, StartedAuthorization } from "./authorization.js";
export { MemoryTokenStore } from "./memory-token-store.js";
export { OAuthClient, type OAuthClientOptions, type TokenIntrospection } from "./oauth-client.js";
export type { OAuthRefusal, RefusalMeaning } from "./oauth-errors.js";
export { defaultRefreshPolicy, type OAuthGrant, type OAuthProfile, type RefreshPolicy } from "./profile.js";
export { refreshBackoffMs } from "./refresh-schedule.js";
export type { BegunClaim } from "./renewal-attempt.js";
export { type SamlAssertion, samlNameFormats, signSamlAssertion } from "./saml-assertion.js";
export { type JwtAlgorithm, type JwtParts, signJwt } from "./signed-jwt.js";
export type { TokenIssuer } from "./token-issuer.js";
export { TokenManager } from "./token-manager.js";
export type { TokenManagerOptions } from "./token-manager-options.js";
export { parseLifetimeMs } from "./token-response.js";
export type { AccessToken, TokenSet, TokenSource } from "./token-set.js";
export type {
  AbandonRequest,
  BeginRequest,
  BeginResult,
  CommitRequest,
  TokenRecord,
  TokenStore,
} from "./token-store.js";
