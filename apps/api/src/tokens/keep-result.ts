import { setTimeout as delay } from "node:timers/promises";
import { type AttemptResult, isWorthKeeping } from "./attempt-result.js";
import { type RecordResultOptions, recordResult } from "./record-result.js";
import type { TokenJournal } from "./token-journal.js";

/** What it takes to keep a result. */
export interface KeepResultOptions extends RecordResultOptions {
  readonly journal: TokenJournal;
}

/** Milliseconds after which a database that says nothing is taken to be away, and a disk that says nothing is not waited for. */
const patienceMs = 250;

/**
 * Records how an attempt ended. While that fails or takes its time, a result that exists nowhere else is kept in the journal:
 * whatever becomes of this process then, the next one records it.
 *
 * @returns as {@link recordResult}.
 * @throws {DatabaseUnavailableError} when the database did not take it. It is in the journal then; or, where the journal
 *   failed as well, which is logged, in this process' memory alone.
 */
export async function keepResult(options: KeepResultOptions, result: AttemptResult): Promise<number | undefined> {
  if (!isWorthKeeping(result)) return recordResult(options, result);
  let keeping: Promise<boolean> | undefined;
  const keep = () => {
    keeping ??= writeJournal(options, result);
    return keeping;
  };
  const timer = setTimeout(keep, patienceMs);
  try {
    const version = await recordResult(options, result);
    if (keeping) await Promise.race([forget(options, result, keeping), delay(patienceMs, undefined, { ref: false })]);
    return version;
  } catch (error) {
    await keep();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function writeJournal({ journal, logger }: KeepResultOptions, result: AttemptResult): Promise<boolean> {
  const about = { attemptId: result.attemptId, ...("connectorId" in result && { connectorId: result.connectorId }) };
  try {
    await journal.write(result);
    logger.warn(about, "The database is slow or away: the result of a renewal is in the journal");
    return true;
  } catch (error) {
    const words = "The result of a renewal is in memory only: neither the database nor the journal takes it";
    logger.error({ ...about, err: error }, words);
    return false;
  }
}

/** The database has it: what is still in the journal then is recorded a second time, which changes nothing. */
async function forget(
  { journal, logger }: KeepResultOptions,
  { attemptId }: AttemptResult,
  keeping: Promise<boolean>,
): Promise<void> {
  await keeping;
  await journal.remove(attemptId).catch((error: unknown) => {
    logger.warn({ attemptId, err: error }, "A result that is recorded stays in the journal for now");
  });
}
