import type { Clock, Transport, TransportRequest, TransportResponse } from "@isthmus/core";

/** A mistake that a home-made retry loop makes. */
export interface RetryMistake {
  /** How often it sends at most. */
  readonly maxAttempts: number;
  /** Milliseconds before the next try. */
  pauseMs(attempt: number): number;
  /** Whether it sends again. */
  repeats(request: TransportRequest, response: TransportResponse): boolean;
}

/** Core's transport without its retries, and a careless loop in their place. */
export function carelessTransport(inner: Transport, clock: Clock, mistake: RetryMistake): Transport {
  return {
    stream: (request) => inner.stream(request),
    assertAllowed: (url) => inner.assertAllowed(url),
    pool: () => inner.pool(),
    close: () => inner.close(),
    request: async (request) => {
      let response = await inner.request({ ...request, maxAttempts: 1 });
      for (let attempt = 1; attempt < mistake.maxAttempts && mistake.repeats(request, response); attempt += 1) {
        await clock.sleep(mistake.pauseMs(attempt), request.signal);
        response = await inner.request({ ...request, maxAttempts: 1 });
      }
      return response;
    },
  };
}
