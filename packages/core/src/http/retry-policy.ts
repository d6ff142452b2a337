import type { Clock, Random } from "../runtime/index.js";
import type { TransportRetry } from "./options.js";
import { parseRetryAfter } from "./retry-after.js";
import type { ResponseHeaders } from "./types.js";

/** A try that is over, as the policy sees it. */
export interface AttemptOutcome {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly failure: { readonly repeatable: boolean } | undefined;
}

// 429: the server has done nothing, so any method may come again. 408, 502, 503 and 504 pass, but something may have been
// done. 500 mostly means a defect that stays: one repeat, no more.
// https://www.rfc-editor.org/rfc/rfc9110#section-15.6
const passingStatuses: ReadonlySet<number> = new Set([408, 502, 503, 504]);

/**
 * How long to pause before the next try: exponential backoff with full jitter, and at least what `Retry-After` asks for.
 *
 * @param attempt - Number of the try that is over, from 1.
 * @returns Milliseconds; `undefined` when the outcome is final.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelayMs(
  outcome: AttemptOutcome,
  attempt: number,
  idempotent: boolean,
  retry: TransportRetry,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): number | undefined {
  if (!isRepeatable(outcome, attempt, idempotent, retry)) return undefined;
  const backoffMs = random.number() * Math.min(retry.capMs, retry.baseMs * 2 ** (attempt - 1));
  if (outcome.failure !== undefined) return backoffMs;
  const retryAfterMs = parseRetryAfter(outcome.headers["retry-after"], clock.now()) ?? 0;
  return retryAfterMs > retry.maxRetryAfterMs ? undefined : Math.max(backoffMs, retryAfterMs);
}

function isRepeatable(
  { status, failure }: AttemptOutcome,
  attempt: number,
  idempotent: boolean,
  { rateLimited }: TransportRetry,
): boolean {
  if (failure !== undefined) return failure.repeatable;
  if (status === 429) return rateLimited === "repeat";
  return idempotent && (passingStatuses.has(status) || (status === 500 && attempt === 1));
}
