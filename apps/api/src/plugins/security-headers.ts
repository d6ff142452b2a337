/**
 * What every answer carries: a page or a file of ours runs nothing, is framed by nobody, is stored nowhere, and no other
 * origin reads it. A route that needs more says so itself.
 */
export function securityHeaders(https: boolean): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    ...(https && { "strict-transport-security": "max-age=31536000" }),
  };
}
