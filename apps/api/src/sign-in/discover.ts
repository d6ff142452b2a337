import { ValidationError } from "@isthmus/core";
import { assertReachable, type DocumentAccess, fetchDocument } from "./fetch-document.js";

/**
 * Where an issuer says that its keys are.
 *
 * @param issuer - An https address, to the letter as it will stand in tokens.
 * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE`.
 * @throws {ForbiddenTargetError} when it may not be asked.
 * @throws {ValidationError} when it calls itself something else, or names no keys.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discoverKeys(access: DocumentAccess, issuer: string): Promise<string> {
  if (!URL.canParse(issuer)) throw invalid("issuer", "An issuer that is no address needs jwksUri beside it.");
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  await assertReachable(access, url);
  const document = (await fetchDocument(access, url)) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  // Else somebody else's server could be made to speak for it, or tokens would never fit.
  if (document.issuer !== issuer) {
    throw invalid("issuer", `What is found at ${url} is of another issuer. Write it to the letter as it is there.`);
  }
  const keys = document.jwks_uri;
  if (typeof keys !== "string" || !URL.canParse(keys)) throw invalid("issuer", `It names no keys at ${url}.`);
  await assertReachable(access, keys);
  return keys;
}

function invalid(path: string, message: string): ValidationError {
  return new ValidationError("The identity provider cannot be set up like this.", [{ path, message }]);
}
