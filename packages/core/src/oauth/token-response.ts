import type { OAuthProfile } from "./profile.js";
import type { TokenSet } from "./token-set.js";

const longestLifetimeSeconds = 366 * 24 * 3600;

/**
 * Reads `expires_in`: seconds, as a number or a numeric string.
 *
 * @returns milliseconds, or `undefined` for "not stated", which makes the refresh policy assume a lifetime. Not stated
 *   are also: what is missing or no number; 0 and negative values (a token that is granted dead is a server's way to
 *   say nothing, and believing it would mean a refresh for each call); and more than 366 days (with such a value no
 *   refresh would ever run, and the refresh token would die of disuse).
 */
export function parseLifetimeMs(expiresIn: unknown): number | undefined {
  const text = typeof expiresIn === "string" ? expiresIn.trim() : "";
  const seconds = /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : expiresIn;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return undefined;
  if (seconds <= 0 || seconds > longestLifetimeSeconds) return undefined;
  return Math.round(seconds * 1000);
}

/**
 * Reads `exp` of an introspection (RFC 7662): seconds since the epoch, as a number or a numeric string.
 *
 * @param nowMs - By the clock that `exp` goes by: the server's.
 * @returns milliseconds from `nowMs`, or `undefined` for "not stated": what is missing, no number, past, or more than 366
 *   days ahead.
 */
export function parseTimeLeftMs(exp: unknown, nowMs: number): number | undefined {
  const seconds = typeof exp === "string" && /^\d{1,12}$/.test(exp.trim()) ? Number(exp) : exp;
  return typeof seconds === "number" ? parseLifetimeMs(seconds - nowMs / 1000) : undefined;
}

/** What is known before a token response arrives. */
export interface TokenResponseContext {
  /** Epoch milliseconds at which the response arrived. */
  readonly nowMs: number;
  /** The set that was refreshed: what the response leaves out is kept from it. */
  readonly previous?: TokenSet;
  /** Attributes of the callback, such as Intuit's `realmId`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A token response, checked to hold an access token, as a {@link TokenSet}. */
export function toTokenSet(
  response: Readonly<Record<string, unknown>>,
  profile: OAuthProfile,
  context: TokenResponseContext,
): TokenSet {
  const { nowMs, previous } = context;
  const vendor = profile.readTokenResponse?.(response, nowMs) ?? {};
  const lifetimeMs = parseLifetimeMs(response.expires_in);
  // A grant that needs no person is simply made again: one way less in which a refresh token can be spent.
  const received = profile.grant === "authorization_code" ? textOf(response.refresh_token) : undefined;
  const rotates = previous === undefined ? undefined : hasRotated(previous, received);
  const refreshToken = received ?? previous?.refreshToken;
  const expiresAtMs = vendor.expiresAtMs ?? (lifetimeMs === undefined ? undefined : nowMs + lifetimeMs);
  const scope = textOf(response.scope) ?? previous?.scope;
  const reconnectBeforeMs = vendor.reconnectBeforeMs ?? previous?.reconnectBeforeMs;
  // A set is stored as JSON, which knows no `undefined`: without empty keys, what is read back equals what was kept.
  return {
    accessToken: textOf(response.access_token) ?? "",
    tokenType: textOf(response.token_type) ?? "Bearer",
    issuedAtMs: nowMs,
    attributes: { ...previous?.attributes, ...context.attributes, ...vendor.attributes },
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(scope !== undefined && { scope }),
    ...(rotates !== undefined && { rotates }),
    ...(reconnectBeforeMs !== undefined && { reconnectBeforeMs }),
  };
}

/** Once seen to rotate, always taken to rotate: Intuit changes the token about once a day, not with each refresh. */
function hasRotated(previous: TokenSet, received: string | undefined): boolean {
  return previous.rotates === true || (received !== undefined && received !== previous.refreshToken);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
