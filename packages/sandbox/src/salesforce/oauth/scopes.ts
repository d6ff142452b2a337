import { OAuthError } from "../../shared/oauth-error.js";

/** The scopes that the connected app may ask for, with what the authorize page says of each. */
const scopeTexts: Readonly<Record<string, string>> = {
  api: "Manage user data via APIs",
  web: "Manage user data via web browsers",
  full: "Full access",
  id: "Access the identity URL service",
  profile: "Access your basic information",
  email: "Access your e-mail address",
  openid: "Access unique user identifiers",
  address: "Access your address",
  phone: "Access your phone number",
  refresh_token: "Perform requests at any time",
  offline_access: "Perform requests at any time",
  chatter_api: "Access Connect REST API resources",
  custom_permissions: "Access custom permissions",
};

const defaultScopes = ["refresh_token", "web", "id", "api"];

/**
 * Reads the `scope` parameter; without one, everything that the app is set up for is granted.
 *
 * @throws {OAuthError} `invalid_scope` for a scope that the app may not ask for.
 */
export function readScopes(parameter: string | undefined): string[] {
  const scopes = (parameter ?? "").split(" ").filter((scope) => scope !== "");
  if (scopes.length === 0) return [...defaultScopes];
  for (const scope of scopes) {
    if (!Object.hasOwn(scopeTexts, scope)) {
      throw new OAuthError("invalid_scope", "the requested scope is invalid, unknown, or malformed");
    }
  }
  return [...new Set(scopes)];
}

/** Whether a grant with these scopes gets a refresh token. */
export function allowsRefresh(scopes: readonly string[]): boolean {
  return scopes.includes("refresh_token") || scopes.includes("offline_access");
}

/** What the authorize page says of the scopes, each text once. */
export function describeScopes(scopes: readonly string[]): string[] {
  return [...new Set(scopes.flatMap((scope) => scopeTexts[scope] ?? []))];
}
