import type { RateLimiter, RateLimitState } from "./rate-limiter.js";

/** A limit, and how a request's caller stands in it. */
export interface Standing {
  /** Name of the limit. */
  readonly name: string;
  readonly limiter: RateLimiter;
  readonly state: RateLimitState;
}

/**
 * The headers that tell callers of their limits.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimitHeaders(standings: readonly Standing[]): Readonly<Record<string, string>> {
  if (standings.length === 0) return {};
  const policies = standings.map(
    ({ name, limiter }) => `"${name}";q=${limiter.quota};w=${Math.ceil(limiter.windowMs / 1000)}`,
  );
  const states = standings.map(
    ({ name, state }) => `"${name}";r=${state.remaining};t=${Math.ceil(state.resetMs / 1000)}`,
  );
  return { "ratelimit-policy": policies.join(", "), ratelimit: states.join(", ") };
}
