const secretPatterns: readonly [RegExp, string][] = [
  [/(\bauthorization["']?\s*[:=]\s*["']?)(?:\w+\s+)?[^\s"',;&]+/gi, "$1[redacted]"],
  [/\b(Bearer)\s+[\w.~+/!=-]{6,}/gi, "$1 [redacted]"],
  // Words that also stand in sentences ("Basic authentication"): only before something long.
  [/\b(Basic|OAuth|Digest)\s+[\w.~+/!=-]{16,}/gi, "$1 [redacted]"],
  // name=value and "name":"value", as they stand in URLs, form bodies and JSON.
  [
    /(["']?\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|assertion|password|passphrase|api[_-]?key|session_?id|code_verifier)["']?\s*[=:]\s*["']?)[^\s"'&,;<>}]+/gi,
    "$1[redacted]",
  ],
  // Names that mean other things too ("status code: 500"): only as a query parameter with a long value.
  [/\b((?:code|state|token|sid|key)=)[^\s"'&,;<>}]{12,}/gi, "$1[redacted]"],
  // An organisation id with a session behind its "!", and JSON Web Tokens, are known by their shape.
  [/\b[A-Za-z0-9]{15,18}![\w.]{20,}/g, "[redacted]"],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, "[redacted]"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[redacted]"],
];

const maximumLength = 500;
/** What is searched for secrets. The patterns' time grows faster than the text, and a vendor decides how long that is. */
const searchedLength = 4_000;
const maximumDepth = 5;

/**
 * Takes what looks like a credential out of `text` and shortens it to 500 characters. A last line of defence for words
 * that come from vendors and libraries; our own messages hold no secret to begin with.
 */
export function redactText(text: string): string {
  const redacted = secretPatterns.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text.slice(0, searchedLength),
  );
  return redacted.length > maximumLength ? `${redacted.slice(0, maximumLength)}…` : redacted;
}

/**
 * A copy of an error that keeps name, message, `code`, status, stack and causes, and nothing else: HTTP libraries hang
 * the request with its Authorization header onto the errors that they throw.
 */
export function sanitizeCause(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error)) return typeof cause === "string" ? redactText(cause) : `(${typeof cause})`;
  const copy = new Error(redactText(cause.message));
  copy.name = cause.name;
  copy.stack = cause.stack === undefined ? undefined : sanitizeStack(cause.stack, cause.message, copy.message);
  for (const key of ["code", "errno", "syscall", "status", "statusCode"] as const) {
    const value = (cause as Error & Record<string, unknown>)[key];
    if (typeof value === "string" || typeof value === "number") Object.assign(copy, { [key]: value });
  }
  if (cause.cause !== undefined && depth < maximumDepth) copy.cause = sanitizeCause(cause.cause, depth + 1);
  if (cause instanceof AggregateError && depth < maximumDepth) {
    Object.assign(copy, { errors: cause.errors.slice(0, 5).map((error) => sanitizeCause(error, depth + 1)) });
  }
  return copy;
}

/** The frames alone: they begin behind the message, which may hold anything, lines like frames too. */
function sanitizeStack(stack: string, message: string, safeMessage: string): string {
  const start = stack.indexOf(message);
  const frames =
    start < 0
      ? []
      : stack
          .slice(start + message.length)
          .split("\n    at ")
          .slice(1);
  return [safeMessage, ...frames].join("\n    at ");
}
