import type { Clock } from "@isthmus/core";
import { ApiError } from "../errors/index.js";

/** Vendors wait for three seconds (Intuit) to ten (Salesforce) for an answer, the way there and back included. */
const answerWithinMs = 2_000;

/**
 * What `work` returns, if it does within two seconds. It goes on otherwise: what it stores late is found when the vendor
 * sends the delivery again.
 *
 * @throws {ApiError} `DELIVERY_NOT_STORED`.
 */
export async function withinDeadline<Result>(clock: Clock, work: () => Promise<Result>): Promise<Result> {
  const done = new AbortController();
  const working = work();
  const late = clock.sleep(answerWithinMs, done.signal).then(() => {
    throw new ApiError("DELIVERY_NOT_STORED", "The delivery could not be stored in time. Send it again.");
  });
  // Whichever comes second has nobody left to tell.
  for (const each of [working, late]) each.catch(() => undefined);
  try {
    return await Promise.race([working, late]);
  } finally {
    done.abort();
  }
}
