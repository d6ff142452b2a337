import { createHash } from "node:crypto";

/** A short stand-in for a secret: tells whether two requests carried the same one without showing it. */
export function fingerprintSecret(secret: string): string {
  return `sha256:${createHash("sha256").update(secret).digest("hex").slice(0, 12)}`;
}

const secretParameters = new Set([
  "access_token",
  "assertion",
  "client_secret",
  "code",
  "code_verifier",
  "oauth_token",
  "password",
  "refresh_token",
  "token",
]);

/** Replaces the values of query parameters that carry secrets by their fingerprints. */
export function maskQuery(query: URLSearchParams): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of query) masked[name] = secretParameters.has(name) ? fingerprintSecret(value) : value;
  return masked;
}

/** Replaces credentials in request headers by their fingerprints; everything else stays readable. */
export function maskHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const masked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(", ") : value;
    if (name === "cookie") masked[name] = fingerprintSecret(text);
    else if (name === "authorization" || name === "proxy-authorization") masked[name] = maskAuthorization(text);
    else masked[name] = text;
  }
  return masked;
}

function maskAuthorization(header: string): string {
  const space = header.indexOf(" ");
  if (space < 0) return fingerprintSecret(header);
  return `${header.slice(0, space)} ${fingerprintSecret(header.slice(space + 1))}`;
}
