import { OAuthError } from "../../shared/oauth-error.js";

/** The scope that the accounting API asks for. */
export const accountingScope = "com.intuit.quickbooks.accounting";

/** The scope that the payments API asks for. */
export const paymentScope = "com.intuit.quickbooks.payment";

/** The scopes that the app may ask for, with what the authorize page says of each. */
const scopeTexts: Readonly<Record<string, string>> = {
  [accountingScope]: "See and change your company's accounting",
  [paymentScope]: "Take payments",
  openid: "Know who you are",
  profile: "See your name",
  email: "See your e-mail address",
  phone: "See your phone number",
  address: "See your address",
};

/** Reads the `scope` parameter. @throws {OAuthError} `invalid_scope` for none, or one that the app may not ask for. */
export function readScopes(parameter: string | undefined): string[] {
  const scopes = [...new Set((parameter ?? "").split(/\s+/).filter((scope) => scope !== ""))];
  if (scopes.length === 0 || scopes.some((scope) => !Object.hasOwn(scopeTexts, scope))) {
    throw new OAuthError("invalid_scope", "The scope parameter is missing or names an unknown scope");
  }
  return scopes;
}

/** What the authorize page says of the scopes. */
export function describeScopes(scopes: readonly string[]): string[] {
  return scopes.flatMap((scope) => scopeTexts[scope] ?? []);
}
