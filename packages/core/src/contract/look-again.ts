import { ConnectorError, isConnectorError } from "../errors/index.js";
import type { Clock } from "../runtime/index.js";

const longestPauseMs = 300_000;
/** A vendor that names no time has hung up or is at its limit: asking at once would not help it. */
const firstPauseMs = 1_000;
/** A vendor that names a later time may have slipped, and nobody would look before it. */
const longestWishMs = 24 * 3_600_000;

/**
 * How long to wait before a look at the vendor that failed is taken again: as long as the vendor says, up to a day, otherwise
 * twice as long each time, up to five minutes.
 *
 * @param failures - Failed looks in a row before this one.
 * @returns Milliseconds; `undefined` when looking again cannot help.
 */
export function pauseBeforeLookingAgainMs(error: unknown, failures: number): number | undefined {
  if (!isConnectorError(error) || !error.retryable) return undefined;
  // By its shape, not its class: the connector may have brought another copy of core.
  const retryAfterMs: unknown = Reflect.get(error, "retryAfterMs");
  const ownMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 20));
  return typeof retryAfterMs === "number" ? Math.min(Math.max(retryAfterMs, ownMs), longestWishMs) : ownMs;
}

/**
 * Waits on a clock.
 *
 * @throws {ConnectorError} `CANCELLED` when the signal is aborted first.
 */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new ConnectorError("CANCELLED", "The caller's signal ended the waiting.", { cause });
  }
}
