import { createHmac } from "node:crypto";
import type { AccessToken, Grant } from "../../shared/grant-store.js";
import { organizationId } from "../ids.js";
import type { SalesforceState } from "../state.js";

/** The body of a successful token request. Salesforce states no lifetime: there is no `expires_in`. */
export interface TokenResponse {
  access_token: string;
  refresh_token?: string;
  signature: string;
  scope: string;
  instance_url: string;
  id: string;
  token_type: "Bearer";
  issued_at: string;
}

/** Where the identity of a user is told; also the `sub` of the user. */
export function identityUrl(state: SalesforceState, userId: string): string {
  return `${state.baseUrl()}/id/${organizationId}/${userId}`;
}

/** @param showRefreshToken - Whether the client has not seen the grant's refresh token yet. */
export function renderTokenResponse(
  state: SalesforceState,
  grant: Grant,
  token: AccessToken,
  showRefreshToken: boolean,
): TokenResponse {
  const id = identityUrl(state, grant.userId);
  const issuedAt = String(token.issuedAt);
  const refresh = showRefreshToken && grant.refreshToken !== null ? { refresh_token: grant.refreshToken } : {};
  return {
    access_token: token.token,
    ...refresh,
    // A client can check that nobody changed the identity URL on the way.
    signature: createHmac("sha256", state.client.secret)
      .update(id + issuedAt)
      .digest("base64"),
    scope: grant.scopes.join(" "),
    instance_url: state.baseUrl(),
    id,
    token_type: "Bearer",
    issued_at: issuedAt,
  };
}
