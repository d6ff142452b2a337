import type { Clock } from "@isthmus/core";
import { DatabaseUnavailableError } from "../database/index.js";
import type { KeepResultOptions } from "./keep-result.js";
import { recordResult } from "./record-result.js";

/** How often a process looks for results that the database has not taken, its own and those of processes that died. */
const everyMs = 5_000;

/**
 * Records what the journal holds. An entry that is none, or that the database refuses for good, is set aside and logged.
 *
 * @returns how many are left, because the database is away.
 */
export async function replayJournal(options: KeepResultOptions): Promise<number> {
  const { journal, logger } = options;
  const attemptIds = await journal.list();
  for (const [index, attemptId] of attemptIds.entries()) {
    try {
      await replay(options, attemptId);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) return attemptIds.length - index;
      logger.error({ attemptId, err: error }, "An entry of the token journal cannot be recorded and is set aside");
      await journal.setAside(attemptId);
    }
  }
  return 0;
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

async function replay(options: KeepResultOptions, attemptId: string): Promise<void> {
  const { journal, logger } = options;
  const result = await journal.read(attemptId);
  if (result === undefined) return;
  const version = await recordResult(options, result);
  await journal.remove(attemptId);
  const { tenantId, connectorId } = result;
  if (version !== undefined) logger.info({ tenantId, connectorId, version }, "Tokens of the journal have landed");
  else if ("landed" in result) {
    logger.warn({ tenantId, connectorId }, "Tokens of the journal came too late: the connection has others by now");
  }
}
