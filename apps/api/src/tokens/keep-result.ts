import type { AttemptResult } from "./attempt-result.js";
import { type RecordResultOptions, recordResult } from "./record-result.js";
import type { TokenJournal } from "./token-journal.js";

/** What it takes to keep a result. */
export interface KeepResultOptions extends RecordResultOptions {
  readonly journal: TokenJournal;
}

/** Milliseconds after which a database that says nothing is taken to be away. */
const patienceMs = 250;

/**
 * Records how an attempt ended. While that fails or takes its time, the result is kept in the journal: whatever becomes of
 * this process then, the next one records it.
 *
 * @returns as {@link recordResult}.
 * @throws {DatabaseUnavailableError} when the database did not take it. It is in the journal then; or, where the journal
 *   failed as well, which is logged, in the caller's memory alone.
 */
export async function keepResult(options: KeepResultOptions, result: AttemptResult): Promise<number | undefined> {
  let keeping: Promise<boolean> | undefined;
  const keep = () => {
    keeping ??= writeJournal(options, result);
    return keeping;
  };
  const timer = setTimeout(keep, patienceMs);
  try {
    const version = await recordResult(options, result);
    if (await keeping) await options.journal.remove(result.attemptId);
    return version;
  } catch (error) {
    await keep();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function writeJournal({ journal, logger }: KeepResultOptions, result: AttemptResult): Promise<boolean> {
  const { tenantId, connectorId } = result;
  try {
    await journal.write(result);
    logger.warn({ tenantId, connectorId }, "The database is slow or away: the result of a renewal is in the journal");
    return true;
  } catch (error) {
    const words = "The result of a renewal is in memory only: neither the database nor the journal takes it";
    logger.error({ tenantId, connectorId, err: error }, words);
    return false;
  }
}
