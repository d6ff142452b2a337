import { isConnectorError, type RecordWriter } from "@isthmus/core";
import { DatabaseUnavailableError } from "../database/index.js";
import type {
  ClaimedRun,
  ConnectorRow,
  OperationRunRow,
  RunCounts,
  RunLanding,
  TakenWrite,
} from "../repositories/index.js";
import { claimOf } from "../runs/run-hold.js";
import { afterFailedLook, describeTrouble, pauseBeforeNextTryMs } from "../runs/run-troubles.js";
import { sealOutput } from "../runs/run-work.js";
import type { Services } from "../services.js";
import { type TriedBatch, toTried } from "./to-tried.js";
import { openWriteWork, storedWriteSchema, type WriteWork } from "./write-work.js";
import { writerOf } from "./writer-of.js";

/** How long one look at a run goes on with its batches before other runs have a turn, in milliseconds. */
const turnMs = 10_000;
/** Before records are tried again whose failure says no time. */
const pauseMs = 1_000;

/**
 * Goes on with a write-back that the caller has taken: batch by batch, each marked as on its way before it is sent, and its
 * outcomes stored together. A wish to cancel ends it after the batch under way.
 *
 * @throws {DatabaseUnavailableError} What was on its way is asked about by whoever takes the run next.
 */
export async function workOnWrites(
  services: Services,
  claimed: ClaimedRun,
  run: OperationRunRow,
  row: ConnectorRow,
): Promise<RunLanding> {
  if (run.status !== "running") return { kind: "ended", status: "cancelled" };
  const { vault, pool, ending, logger } = services;
  try {
    const work = await openWriteWork(vault, run);
    return await pool.use(row, (connector) =>
      new Turn(services, claimed, run, writerOf(services, row, connector), work).take(),
    );
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    if (ending.aborted) return nothingNew;
    logger.warn({ tenantId: run.tenantId, runId: run.id, err: error }, "A batch of a write-back failed");
    return afterFailedLook(error, run);
  }
}

const nothingNew: RunLanding = { kind: "again", waitMs: 0, isFailure: false };

/** One worker's batches of a run. */
class Turn {
  readonly #services: Services;
  readonly #claimed: ClaimedRun;
  readonly #run: OperationRunRow;
  readonly #writer: RecordWriter;
  readonly #work: WriteWork;
  #counts: RunCounts;

  constructor(services: Services, claimed: ClaimedRun, run: OperationRunRow, writer: RecordWriter, work: WriteWork) {
    this.#services = services;
    this.#claimed = claimed;
    this.#run = run;
    this.#writer = writer;
    this.#work = work;
    this.#counts = { processed: run.processed, failed: run.failed, total: run.total };
  }

  async take(): Promise<RunLanding> {
    const { clock, ending } = this.#services;
    const untilMs = clock.now() + turnMs;
    for (;;) {
      const taken = await this.#takeBatch();
      if ("kind" in taken) return taken;
      if (taken.length === 0) return this.#end();
      const batch = await this.#write(taken);
      const isHeld = await this.#store(batch);
      if (!isHeld) return nothingNew;
      if (batch.postponed !== undefined) return this.#afterPostponed(batch);
      if (ending.aborted || clock.now() >= untilMs) return { kind: "running", counts: this.#counts, waitMs: 0 };
    }
  }

  /** The next records, marked as on their way, or where the run goes without them. */
  async #takeBatch(): Promise<readonly TakenWrite[] | RunLanding> {
    const { database, settings } = this.#services;
    const { tenantId, runId, attemptId } = this.#claimed;
    return database.asTenant(tenantId, async ({ operationRuns, recordWrites }) => {
      const status = await operationRuns.renew(runId, claimOf(settings, attemptId));
      if (status === undefined) return nothingNew;
      if (status !== "running") return { kind: "ended", status: "cancelled" };
      return recordWrites.take(runId, this.#writer.batchSize);
    });
  }

  async #write(taken: readonly TakenWrite[]): Promise<TriedBatch> {
    const { entity, policy } = this.#work;
    const records = taken.map(({ position, write, attempted }) => {
      const { id, externalId, record, deleted, base } = storedWriteSchema.parse(write);
      return {
        key: `${this.#run.id}/${position}`,
        ...(id !== undefined && { id }),
        ...(externalId !== undefined && { externalId }),
        ...(record !== undefined && { record }),
        deleted,
        ...(base !== undefined && { base }),
        attempted,
      };
    });
    const { ending: signal } = this.#services;
    try {
      return toTried(taken, await this.#writer.write(entity, records, { policy, signal }));
    } catch (error) {
      // By the contract nothing was written. Of a defect nobody knows, so its records stay on their way.
      if (isConnectorError(error) && error.code !== "INTERNAL") await this.#letGo(taken);
      throw error;
    }
  }

  /** Stores what a batch came to, under the lease. @returns whether the run is still held. */
  async #store({ tried, processed, failed }: Pick<TriedBatch, "tried" | "processed" | "failed">): Promise<boolean> {
    const { database, settings } = this.#services;
    const { tenantId, runId, attemptId } = this.#claimed;
    const before = this.#counts;
    const counts = { ...before, processed: before.processed + processed, failed: before.failed + failed };
    const isHeld = await database.asTenant(tenantId, async ({ operationRuns, recordWrites }) => {
      if ((await operationRuns.renew(runId, claimOf(settings, attemptId), undefined, counts)) === undefined)
        return false;
      await recordWrites.store(runId, tried);
      return true;
    });
    this.#counts = counts;
    return isHeld;
  }

  async #letGo(taken: readonly TakenWrite[]): Promise<void> {
    const tried = taken.map(({ position, attempted, tries }) => {
      return { position, outcome: null, reached: attempted, tries, recordId: null, error: null };
    });
    await this.#store({ tried, processed: 0, failed: 0 });
  }

  #afterPostponed({ postponed: error, processed }: TriedBatch): RunLanding {
    const { failures } = this.#run;
    if (processed > 0)
      return { kind: "running", counts: this.#counts, waitMs: pauseBeforeNextTryMs(error, 0) ?? pauseMs };
    const waitMs = pauseBeforeNextTryMs(error, failures) ?? pauseMs * 2 ** Math.min(failures, 8);
    return { kind: "again", waitMs, isFailure: true, error: describeTrouble(error) };
  }

  async #end(): Promise<RunLanding> {
    const { database, vault } = this.#services;
    const { tenantId, runId } = this.#claimed;
    const counted = await database.asTenant(tenantId, ({ recordWrites }) => recordWrites.count(runId));
    const work = await sealOutput(
      vault,
      this.#run,
      Object.fromEntries(counted.map(({ outcome, count }) => [outcome, count])),
    );
    return { kind: "ended", status: "succeeded", counts: this.#counts, work };
  }
}
