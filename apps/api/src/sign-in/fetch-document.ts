import { createTransport, isConnectorError, type Logger } from "@isthmus/core";
import { ApiError } from "../errors/index.js";

/** What the requests to identity providers are made with. */
export interface DocumentAccess {
  /** Exact `host:port` addresses that may be private. */
  readonly allowedPrivateHosts: readonly string[];
  readonly logger: Logger;
}

/** 256 KiB: some hundred keys. */
const maxResponseBytes = 256 * 1024;
/** For the whole of it, repeats included. A request of ours waits for it. */
const timeLimitMs = 8_000;

/**
 * Fetches a public JSON document of an identity provider: its keys, or what it says of itself. Tenants choose the address, so
 * it goes over the guarded transport: https and public addresses only, no redirect is followed, size and time are limited.
 *
 * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE`, retryable where waiting may help.
 */
export async function fetchDocument({ allowedPrivateHosts, logger }: DocumentAccess, url: string): Promise<unknown> {
  const transport = openTransport(allowedPrivateHosts, url, logger);
  try {
    const signal = AbortSignal.timeout(timeLimitMs);
    const answer = await transport.request({ method: "GET", url, headers: { accept: "application/json" }, signal });
    if (answer.status !== 200) throw unavailable(url, `it answered ${answer.status}`, answer.status >= 500);
    const document = answer.tryJson();
    if (typeof document !== "object" || document === null)
      throw unavailable(url, "its answer is no JSON object", false);
    return document;
  } catch (error) {
    if (!isConnectorError(error)) throw error;
    // CANCELLED is our own time limit here.
    throw unavailable(url, error.message, error.retryable || error.code === "CANCELLED", error);
  } finally {
    await transport.close();
  }
}

/** @throws {ForbiddenTargetError} when requests may not go to this address, by what it says of itself. */
export async function assertReachable(access: DocumentAccess, url: string): Promise<void> {
  const transport = openTransport(access.allowedPrivateHosts, url, access.logger);
  try {
    transport.assertAllowed(url);
  } finally {
    await transport.close();
  }
}

// One for each document: they are fetched some times an hour at the most, and nothing of one tenant is left for another.
function openTransport(allowedPrivateHosts: readonly string[], url: string, logger: Logger) {
  const { hostname } = new URL(url);
  return createTransport({
    // Some kinds of addresses have none: nothing is allowed then.
    allowedHosts: hostname === "" ? [] : [hostname],
    allowedPrivateHosts,
    logger,
    maxResponseBytes,
    timeouts: { connectMs: 3_000, headersMs: 5_000, bodyMs: 5_000 },
    retry: { maxAttempts: 2, maxRetryAfterMs: 0 },
  });
}

function unavailable(url: string, why: string, retryable: boolean, cause?: Error): ApiError {
  return new ApiError(
    "IDENTITY_PROVIDER_UNAVAILABLE",
    `The identity provider cannot be asked at ${url}: ${why.replace(/\.$/, "")}.`,
    { retryable, ...(cause && { cause }) },
  );
}
