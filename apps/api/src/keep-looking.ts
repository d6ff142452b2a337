import type { Clock, Logger } from "@isthmus/core";

/** A thing to do again and again. */
export interface Looking {
  /** Looks once, and does what it finds. @returns how long to rest, in milliseconds: 0 where there may be more at once. */
  readonly look: () => Promise<number>;
  /** What the log says when a look fails: `Due syncs cannot be looked for; trying again`. */
  readonly failed: string;
  /** Between looks that fail, in milliseconds: the pauses double until then. Default 10 000. */
  readonly longestPauseMs?: number;
}

const firstPauseMs = 500;

/**
 * Looks until `signal` ends it. Never throws: a database that is away is logged once and asked again with growing pauses.
 */
export async function keepLooking(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  { look, failed, longestPauseMs = 10_000 }: Looking,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let pauseMs: number;
    try {
      pauseMs = await look();
      failures = 0;
    } catch (error) {
      if (failures === 0) logger.error({ err: error }, failed);
      pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
      failures += 1;
    }
    if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch((reason: unknown) => reason);
  }
}
