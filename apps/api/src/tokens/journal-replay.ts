import { type Clock, NotFoundError } from "@isthmus/core";
import { ZodError } from "zod";
import { DatabaseUnavailableError } from "../database/index.js";
import type { AttemptResult } from "./attempt-result.js";
import type { KeepResultOptions } from "./keep-result.js";
import { recordResult } from "./record-result.js";

/** How often a process looks for results that the database has not taken, its own and those of processes that died. */
const everyMs = 5_000;

/**
 * Records what the journal holds. What is no result, and what the database refuses for good, is set aside; what cannot be read
 * or recorded just now stays for the next time, and keeps nothing else waiting.
 *
 * @returns how many are left.
 */
export async function replayJournal(options: KeepResultOptions): Promise<number> {
  const { journal, logger } = options;
  let left = 0;
  for (const attemptId of await journal.list()) {
    try {
      if (!(await replayAttempt(options, attemptId))) left += 1;
    } catch (error) {
      if (isHopeless(error)) {
        logger.error({ attemptId, err: error }, "An entry of the token journal cannot be recorded and is set aside");
        await journal.setAside(attemptId);
        continue;
      }
      left += 1;
      if (error instanceof DatabaseUnavailableError) logger.debug({ attemptId }, "The token journal waits");
      else logger.error({ attemptId, err: error }, "An entry of the token journal could not be recorded");
    }
  }
  return left;
}

/** Replays the journal now and again until `signal` ends it. What goes wrong is logged, and tried again. */
export async function keepReplaying(options: KeepResultOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await replayJournal(options);
    } catch (error) {
      options.logger.error({ err: error }, "The token journal cannot be read");
    }
    await clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
  }
}

/**
 * Records what the journal holds of one attempt, if anything.
 *
 * @returns whether it holds nothing of it any more.
 */
export async function replayAttempt(options: KeepResultOptions, attemptId: string): Promise<boolean> {
  const { journal, clock } = options;
  const result = await journal.read(attemptId);
  if (result === undefined) return true;
  const version = await recordResult(options, result);
  logReplay(options, result, version);
  if ("unsent" in result && clock.now() < result.untilMs) return false;
  await journal.remove(attemptId);
  return true;
}

function logReplay({ logger }: KeepResultOptions, result: AttemptResult, version: number | undefined): void {
  if (!("landed" in result)) return;
  const { tenantId, connectorId } = result;
  if (version !== undefined) logger.info({ tenantId, connectorId, version }, "Tokens of the journal have landed");
  else logger.warn({ tenantId, connectorId }, "Tokens of the journal came too late: the connection has others by now");
}

/** A file that is no result of this release's, or a set whose data key was destroyed. */
function isHopeless(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof ZodError || error instanceof NotFoundError;
}
