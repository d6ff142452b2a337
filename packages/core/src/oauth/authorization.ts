import { createHash, timingSafeEqual } from "node:crypto";
import { AuthenticationError, ConnectorError } from "../errors/index.js";
import { faultOf } from "./oauth-errors.js";
import type { OAuthProfile } from "./profile.js";

/** What has to be kept between sending a person to the vendor and their return. Plain JSON; holds a secret: seal it. */
export interface PendingAuthorization {
  /** 256 bits, base64url. Belongs to this one flow: use it once. */
  readonly state: string;
  /** PKCE verifier (RFC 7636), base64url. */
  readonly codeVerifier: string;
  /** Exactly as it was sent; the code exchange repeats it. */
  readonly redirectUri: string;
  /** Epoch milliseconds after which the callback is refused. */
  readonly expiresAtMs: number;
}

/** How an authorization is begun. */
export interface StartAuthorizationOptions {
  /** As registered with the vendor. */
  readonly redirectUri: string;
  /** A `state` of the caller's own, with at least 128 bits of randomness. Default: 256 random bits. */
  readonly state?: string;
  /** Who will probably log in: becomes `login_hint`. */
  readonly loginHint?: string;
  /** How long the person may take, in milliseconds. Default 600 000. */
  readonly lifetimeMs?: number;
  /** Further parameters. They cannot replace those that the flow depends on. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Where to send the person, and what to keep until they are back. */
export interface StartedAuthorization {
  /** Where the browser has to go. */
  readonly authorizationUrl: string;
  /** Keep it secretly until the person is back. */
  readonly pending: PendingAuthorization;
}

/**
 * Checks that a callback belongs to `pending` and grants something.
 *
 * @returns the callback's parameters, with exactly one `code`.
 * @throws {ConnectorError} `OAUTH_STATE_INVALID` when `state` is missing, doubled, wrong or too old, or `iss` names
 *   another server; `OAUTH_DENIED` when the person declined.
 * @throws {AuthenticationError} for every other error that the vendor reports.
 * @see https://www.rfc-editor.org/rfc/rfc9207
 */
export function checkCallback(
  callbackUrl: string | URL,
  pending: PendingAuthorization,
  profile: OAuthProfile,
  nowMs: number,
): URLSearchParams {
  const parameters = parametersOf(callbackUrl, pending.redirectUri);
  const state = single(parameters, "state");
  if (state === undefined || !sameText(state, pending.state)) {
    throw new ConnectorError(
      "OAUTH_STATE_INVALID",
      "This callback does not belong to the authorization that was begun.",
    );
  }
  if (nowMs >= pending.expiresAtMs) {
    throw new ConnectorError("OAUTH_STATE_INVALID", "The authorization took too long: begin it again.");
  }
  const issuer = parameters.get("iss");
  if (issuer !== null && issuer !== profile.issuer) {
    throw new ConnectorError("OAUTH_STATE_INVALID", "This callback comes from another authorization server.");
  }
  assertGranted(parameters, pending, profile);
  if (single(parameters, "code") === undefined) {
    throw new AuthenticationError("The vendor's callback holds no authorization code: begin the authorization again.");
  }
  return parameters;
}

/** The S256 challenge of a PKCE verifier. @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
export function codeChallengeOf(codeVerifier: string): string {
  return createHash("sha256").update(codeVerifier).digest("base64url");
}

function assertGranted(parameters: URLSearchParams, pending: PendingAuthorization, profile: OAuthProfile): void {
  const error = parameters.get("error");
  if (error === null) return;
  const description = parameters.get("error_description");
  const secrets = [pending.state, pending.codeVerifier, ...parameters.getAll("code")];
  const refusal = { status: 0, error, ...(description === null ? {} : { description }) };
  const { code, message } = faultOf(refusal, secrets);
  const vendor = { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
  if (error === "access_denied") {
    throw new ConnectorError("OAUTH_DENIED", "The authorization was declined at the vendor.", { vendor });
  }
  const advice = profile.explainRefusal?.(refusal)?.advice;
  const why = advice === undefined ? "" : `: ${advice}`;
  throw new AuthenticationError(`The vendor ended the authorization with "${code}"${why}.`, { vendor });
}

/** Only the query counts: behind a proxy, scheme, host and path of the callback are not those that the vendor saw. */
function parametersOf(callbackUrl: string | URL, redirectUri: string): URLSearchParams {
  if (callbackUrl instanceof URL) return callbackUrl.searchParams;
  if (!URL.canParse(callbackUrl, redirectUri)) {
    throw new ConnectorError("OAUTH_STATE_INVALID", "This callback is not a URL.");
  }
  return new URL(callbackUrl, redirectUri).searchParams;
}

function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  return others.length > 0 || value === "" ? undefined : value;
}

/** Compares in a time that depends on neither text: of equal digests, not of equal beginnings. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
