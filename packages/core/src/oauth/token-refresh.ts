import {
  AuthenticationError,
  type ConnectorErrorCode,
  codeOf,
  isConnectorError,
  OutcomeUnknownError,
  TransientError,
} from "../errors/index.js";
import type { RefreshPolicy } from "./profile.js";
import type { TokenIssuer } from "./token-issuer.js";
import type { TokenSet } from "./token-set.js";
import type { AbandonRequest, TokenRecord } from "./token-store.js";

/** How a call of the vendor failed, and what that means for the attempt. */
export interface IssuerFailure {
  readonly outcome: AbandonRequest["outcome"];
  readonly code: ConnectorErrorCode;
  readonly error: unknown;
  /** What the vendor asked for. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Asks the vendor for a new set, by the refresh token where there is one, by a new grant otherwise.
 *
 * @param budgetMs - Hard limit of the call, in milliseconds. When a process wakes from a long freeze nothing is left of
 *   it, and then nothing is sent: somebody else may have taken over.
 */
export async function callIssuer(
  issuer: TokenIssuer,
  tokens: TokenSet | undefined,
  budgetMs: number,
): Promise<TokenSet> {
  const spends = tokens?.refreshToken !== undefined;
  const ask = spends ? (signal: AbortSignal) => issuer.refresh(tokens, signal) : issuer.grant;
  if (ask === undefined) {
    throw new AuthenticationError("The access token has ended and the vendor gave no refresh token: connect again.", {
      reconnectRequired: true,
    });
  }
  if (budgetMs <= 0) throw new TransientError("TIMEOUT", "The renewal began too late to be finished in time.");
  const call = new AbortController();
  const unanswered = Promise.withResolvers<never>();
  // Real time, like every timeout of the network: the clock that is handed in may be one on which nobody waits. Whoever sends
  // knows whether something was sent, so what it makes of the end counts; the worst is assumed of one that says nothing.
  let timer = setTimeout(() => {
    call.abort(new TransientError("TIMEOUT", "The authorization server did not answer in time."));
    timer = setTimeout(() => unanswered.reject(timeoutError(spends)), verdictMs);
  }, budgetMs);
  try {
    return await Promise.race([ask(call.signal), unanswered.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long the end of a call may take after it was ended. */
const verdictMs = 1_000;

function timeoutError(spends: boolean): Error {
  const message = "The authorization server did not answer in time";
  if (!spends) return new TransientError("TIMEOUT", `${message}.`);
  return new OutcomeUnknownError(`${message}; the refresh token may have been used up.`, {
    reconcile: "Connect again if the connection does not work any more.",
  });
}

const doubtful: ReadonlySet<ConnectorErrorCode> = new Set(["OUTCOME_UNKNOWN", "RESPONSE_CUT", "INTERNAL"]);

/** What a failure of {@link callIssuer} says about the refresh token. */
export function judgeFailure(error: unknown, tokens: TokenSet | undefined, policy: RefreshPolicy): IssuerFailure {
  const code = codeOf(error);
  const retryAfterMs = retryAfterOf(error);
  if (code === "RECONNECT_REQUIRED") return { outcome: "grant_gone", code, error, retryAfterMs };
  const mayBeSpent = tokens?.refreshToken !== undefined && (!isConnectorError(error) || doubtful.has(code));
  if (!mayBeSpent) return { outcome: "not_spent", code, error, retryAfterMs };
  // A server that answers with a failure of its own, to a token whose reuse does no harm, is just away: an outage must
  // not use up the one repeat that is meant for lost answers.
  if (isAnswered(error) && isReuseHarmless(tokens, policy)) {
    const away = new TransientError("VENDOR_UNAVAILABLE", "The authorization server failed: try again later.", {
      cause: error,
      ...(isConnectorError(error) && error.vendor !== undefined ? { vendor: error.vendor } : {}),
    });
    return { outcome: "not_spent", code: away.code, error: away, retryAfterMs };
  }
  return { outcome: "unknown", code, error, retryAfterMs };
}

/** Whether an attempt of unknown outcome may be made again. A grant without a refresh token has nothing to spend. */
export function mayRepeat(
  attempt: { readonly repeated: boolean; readonly record: TokenRecord },
  policy: RefreshPolicy,
): boolean {
  const { tokens } = attempt.record;
  if (tokens?.refreshToken === undefined) return true;
  return !attempt.repeated && isReuseHarmless(tokens, policy);
}

/** "Unless rotating" asks for a grant that was seen not to rotate: one that was never refreshed may well do so. */
function isReuseHarmless(tokens: TokenSet | undefined, policy: RefreshPolicy): boolean {
  if (policy.afterAmbiguous === "retry_once_unless_rotating") return tokens?.rotates === false;
  return policy.afterAmbiguous === "retry_once";
}

function isAnswered(error: unknown): boolean {
  return isConnectorError(error) && error.vendor?.status !== undefined;
}

function retryAfterOf(error: unknown): number | undefined {
  const value = isConnectorError(error) && "retryAfterMs" in error ? error.retryAfterMs : undefined;
  return typeof value === "number" ? value : undefined;
}
