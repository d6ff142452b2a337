import {
  AuthenticationError,
  ConflictError,
  ConnectorError,
  NotFoundError,
  RateLimitError,
  TransientError,
  VendorError,
} from "@isthmus/core";
import type { Failure, Row } from "./row.js";

type Make = Row["make"];

/** What each makes says what failed, why, and what to do: the advice, one or two sentences. */
export function authentication(advice: string): Make {
  return ({ summary, fault }) => new AuthenticationError(`${summary}. ${advice}`, { vendor: fault });
}

/** Signed in, but not allowed. */
export function denied(advice: string): Make {
  return ({ summary, fault }) => new ConnectorError("PERMISSION_DENIED", `${summary}. ${advice}`, { vendor: fault });
}

/** The organisation or the API version does not have it. */
export function unsupported(advice: string): Make {
  return ({ summary, fault }) => new ConnectorError("UNSUPPORTED", `${summary}. ${advice}`, { vendor: fault });
}

/** Passes by itself; nothing was done. */
export function passing(advice: string): Make {
  return ({ summary, fault }) =>
    new TransientError("VENDOR_UNAVAILABLE", `${summary}. ${advice} Try again later.`, { vendor: fault });
}

/** The record exists, changed or is held. */
export function conflict(advice: string): Make {
  return ({ summary, fault }) => new ConflictError(`${summary}. ${advice}`, { vendor: fault });
}

/** There is none, or the user may not see it. */
export function notFound(advice: string): Make {
  return ({ summary, fault }) => new NotFoundError(`${summary}. ${advice}`, { vendor: fault });
}

/** Refused for what it says. */
export function rejected(advice: string): Make {
  return ({ summary, fault }) => new VendorError(`${summary}. ${advice}`, { vendor: fault });
}

/** Too many requests at once: seconds. */
export function limitedAtOnce(failure: Failure): ConnectorError {
  return limited(failure, "Too many requests are at work at once. Try again in seconds.", false);
}

/** The day's requests are used up: hours. */
export function limitedToday(failure: Failure): ConnectorError {
  const advice = "The organisation's requests of the last 24 hours are used up. Wait for hours, or ask for more.";
  return limited(failure, advice, true);
}

/** Never followed: the answer may lead the token to another host. */
export function redirected({ fault }: Failure): ConnectorError {
  const message =
    "Salesforce answered with a redirect, which is not followed. Use the organisation's My Domain as loginUrl and connect again.";
  return new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: fault });
}

function limited(failure: Failure, advice: string, quota: boolean): ConnectorError {
  const { summary, fault, waits, retryAfterMs: asked } = failure;
  const knownMs = quota ? waits.dayMs : waits.concurrentMs;
  const retryAfterMs = asked ?? (knownMs > 0 ? knownMs : undefined);
  return new RateLimitError(`${summary}. ${advice}`, {
    vendor: fault,
    quota,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
