import {
  AuthenticationError,
  ConnectorError,
  KnownSecrets,
  OutcomeUnknownError,
  RateLimitError,
  redactText,
  TransientError,
  type VendorFault,
} from "../errors/index.js";

/** An answer of an authorization server that grants nothing. */
export interface OAuthRefusal {
  readonly status: number;
  /** `error` of RFC 6749 section 5.2; `undefined` when the body is no OAuth error (a gateway's HTML, an empty body). */
  readonly error?: string;
  readonly description?: string;
  readonly retryAfterMs?: number;
}

/** What the refused request was, as far as the meaning of the refusal depends on it. */
export interface OAuthAttempt {
  /** For messages: "refresh", "authorization code exchange". */
  readonly what: string;
  /** What the request may have used up. With `undefined` it can be made again whatever became of it. */
  readonly spends: string | undefined;
  /** Whether a person stands behind the grant and could connect again. */
  readonly person: boolean;
  /** Values that the server may quote in its words and that must not go any further. */
  readonly secrets: readonly string[];
  /** What the vendor means by its words; `undefined`: what the error code says. */
  explain?(refusal: OAuthRefusal): RefusalMeaning | undefined;
}

/**
 * - `grant_gone`: what was presented is worth nothing any more;
 * - `client`: we, or the account, are not accepted; the grant may be in order;
 * - `refused_for_now`: the server did not begin;
 * - `failed`: the server began and does not say how far it came.
 */
type Verdict = "grant_gone" | "client" | "refused_for_now" | "failed";

/** What a vendor's own words say more than its error code. */
export interface RefusalMeaning {
  /** `client`: we, or the account, are not accepted. `denied`: we are, and a rule of the account forbids it. */
  readonly verdict: "grant_gone" | "client" | "denied";
  /** What to do, as a sentence without its full stop that follows a colon. */
  readonly advice: string;
}

/** Every OAuth error that means something else than "your client or account is refused", which is the rest. */
const verdicts: Readonly<Record<string, Verdict>> = {
  invalid_grant: "grant_gone",
  // A deactivated user, org or client comes back without anybody connecting anew.
  inactive_user: "client",
  inactive_org: "client",
  invalid_client: "client",
  invalid_client_id: "client",
  unauthorized_client: "client",
  temporarily_unavailable: "refused_for_now",
  server_error: "failed",
  // Salesforce's word for a failure of its own.
  unknown_error: "failed",
};

/** The one place that turns an authorization server's refusal into a {@link ConnectorError}. */
export function toOAuthError(refusal: OAuthRefusal, attempt: OAuthAttempt): ConnectorError {
  const vendor = faultOf(refusal, attempt.secrets);
  const said = vendor.code === undefined ? `HTTP ${refusal.status}` : `"${vendor.code}"`;
  const meaning = attempt.explain?.(refusal);
  if (meaning !== undefined) return refused(meaning, said, vendor, attempt);
  switch (verdictOf(refusal)) {
    case "grant_gone":
      return attempt.person
        ? new AuthenticationError(`The vendor no longer accepts this connection (${said}): connect again.`, {
            reconnectRequired: true,
            vendor,
          })
        : new AuthenticationError(
            `The vendor refused the ${attempt.what} (${said}): check the account and its approval of this client.`,
            { vendor },
          );
    case "client":
      return new AuthenticationError(
        `The vendor refused the ${attempt.what} (${said}): check the client id, its secret and what it is allowed to do.`,
        { vendor },
      );
    case "refused_for_now":
      return refusal.status === 429
        ? new RateLimitError(`The authorization server limits the ${attempt.what}: try again later.`, {
            vendor,
            retryAfterMs: refusal.retryAfterMs,
          })
        : new TransientError("VENDOR_UNAVAILABLE", `The authorization server is away (${said}): try again later.`, {
            vendor,
          });
    case "failed":
      return attempt.spends === undefined
        ? new TransientError("VENDOR_UNAVAILABLE", `The authorization server failed (${said}): try again later.`, {
            vendor,
          })
        : outcomeUnknown(`The authorization server failed during the ${attempt.what} (${said})`, attempt, vendor);
    case "unexpected":
      return new ConnectorError(
        "UNEXPECTED_RESPONSE",
        `The answer to the ${attempt.what} is not that of an OAuth token endpoint (${said}): check the endpoint's address.`,
        { vendor },
      );
  }
}

function refused(
  { verdict, advice }: RefusalMeaning,
  said: string,
  vendor: VendorFault,
  attempt: OAuthAttempt,
): ConnectorError {
  const message = `The vendor refused the ${attempt.what} (${said}): ${advice}.`;
  if (verdict === "denied") return new ConnectorError("PERMISSION_DENIED", message, { vendor });
  return new AuthenticationError(message, { vendor, reconnectRequired: verdict === "grant_gone" && attempt.person });
}

/** A failure after which nobody can tell whether `attempt.spends` has been used. */
export function outcomeUnknown(
  failure: string,
  attempt: OAuthAttempt,
  vendor?: VendorFault,
  cause?: unknown,
): OutcomeUnknownError {
  return new OutcomeUnknownError(`${failure}; the ${attempt.spends} may have been used up.`, {
    reconcile: "Connect again if the connection does not work any more.",
    ...(vendor === undefined ? {} : { vendor }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What the server said, made safe to show. `error` and `error_description` are text from outside. */
export function faultOf(refusal: OAuthRefusal, secrets: readonly string[]): VendorFault {
  const code = refusal.error === undefined ? undefined : cleanText(refusal.error, secrets).slice(0, 64);
  const message = refusal.description === undefined ? undefined : cleanText(refusal.description, secrets);
  return {
    status: refusal.status,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined || message === "" ? {} : { message }),
  };
}

function verdictOf(refusal: OAuthRefusal): Verdict | "unexpected" {
  const { status, error } = refusal;
  const known = error === undefined ? undefined : verdicts[error];
  if (known !== undefined) return known;
  // 429 and 503 say that the request was not begun (RFC 6585 section 4, RFC 9110 section 15.6.4).
  if (status === 429 || status === 503) return "refused_for_now";
  if (status >= 500 || status === 408) return "failed";
  if (error !== undefined || status === 401) return "client";
  // A success without tokens in it: whatever answered may have passed the request on.
  return status < 300 ? "failed" : "unexpected";
}

function cleanText(text: string, secrets: readonly string[]): string {
  const withoutSecrets = new KnownSecrets(secrets).conceal(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
  return redactText(withoutSecrets.replace(/[\u0000-\u0020\u007f]+/g, " ")).slice(0, 200);
}
