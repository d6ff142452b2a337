import { SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";

/** The header that tells with every answer how many calls were made today. */
export function limitInfo(state: SalesforceState): string {
  return `api-usage=${state.apiUsage.used}/${state.settings.dailyApiRequests}`;
}

/**
 * Counts one API call.
 *
 * @throws {SalesforceError} REQUEST_LIMIT_EXCEEDED, for the day's calls or for long ones at the same time; neither counts.
 */
export function admitCall(state: SalesforceState): void {
  const { dailyApiRequests, concurrentRequests, longRequestMs } = state.settings;
  if (state.apiUsage.used >= dailyApiRequests) throw requestLimitExceeded();
  if (state.openRequests.countOlderThan(longRequestMs) >= concurrentRequests) throw concurrentLimitExceeded();
  state.apiUsage.used += 1;
}

/** 403: how Salesforce tells a caller that it asked too often today. */
export function requestLimitExceeded(): SalesforceError {
  return new SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
}

/** 403: how Salesforce tells a caller that too many long calls are open already. */
function concurrentLimitExceeded(): SalesforceError {
  const message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
  return new SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", message);
}
