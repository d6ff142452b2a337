const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that core, the transport or HTTP itself sets. One of them from a configuration could leak or smuggle a request. */
const reserved = new Set([
  "accept-encoding",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "cookie2",
  "date",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "origin",
  "proxy-authorization",
  "proxy-connection",
  "referer",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-http-method-override",
  "x-real-ip",
]);

/** A name that says that its value is a secret. */
const secretName =
  /(?:^|-)(?:api-?key|apikey|secret|password|(?:auth|access|session|bearer)-token|credentials?)(?:-|$)/i;

/**
 * What speaks against a header of this name in a configuration; `undefined` when nothing does.
 */
export function findHeaderNameProblem(name: string): string | undefined {
  if (!token.test(name)) return "is no header name";
  if (reserved.has(name.toLowerCase()) || /^(?:proxy|sec)-/i.test(name)) return "is a header that Isthmus sets itself";
  return secretName.test(name)
    ? "names a secret: a configuration is not sealed, so use the authentication method api_key"
    : undefined;
}

/** What speaks against sending the API key in a header of this name. `Authorization` is the usual place of one. */
export function findKeyHeaderProblem(name: string): string | undefined {
  if (!token.test(name)) return "is no header name";
  const lower = name.toLowerCase();
  if (lower === "authorization") return undefined;
  return reserved.has(lower) || /^(?:proxy|sec)-/i.test(name) ? "is a header that Isthmus sets itself" : undefined;
}

/** Whether a text can be a header's value: printable ASCII without line breaks, no blanks at its ends. */
export function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}
