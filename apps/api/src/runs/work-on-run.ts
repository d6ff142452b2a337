import { ConnectorError, findOperation, type LongRun, longRunOf, type RunStep } from "@isthmus/core";
import { z } from "zod";
import { DatabaseUnavailableError } from "../database/index.js";
import type { ClaimedRun, ConnectorRow, OperationRunRow, RunLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import { workOnWrites } from "../writes/work-on-writes.js";
import { writeOperation } from "../writes/write-work.js";
import { landRun } from "./land-run.js";
import { RunHold } from "./run-hold.js";
import { afterCancel, afterFailedCancel, afterFailedLook, interruption } from "./run-troubles.js";
import { openState, sealOutput, sealState } from "./run-work.js";

const longestWaitMs = 3_600_000;
const count = z.int32().nonnegative();
const stepSchema = z.object({
  progress: z.object({ processed: count, failed: count, total: count.optional() }),
  waitMs: z.number().nonnegative().optional(),
});

/**
 * Does the next thing for a run that the caller has taken: a look at the vendor, or the end of the work there. No transaction
 * is open while the vendor is called. What it found out is stored, and the run let go of.
 *
 * @returns the run as it is stored now; `undefined` when it is gone, or somebody else has it.
 * @throws {DatabaseUnavailableError} Somebody takes the run again when its lease is over, and does the same with the same
 *   state.
 */
export async function workOnRun(services: Services, claimed: ClaimedRun): Promise<OperationRunRow | undefined> {
  const { tenantId, runId } = claimed;
  const found = await services.database.asTenant(tenantId, async ({ operationRuns, connectors }) => {
    const run = await operationRuns.findById(runId);
    return { run, connector: run && (await connectors.findById(run.connectorId)) };
  });
  const { run, connector } = found;
  if (run === undefined || connector === undefined) return undefined;
  await using hold = new RunHold(services, claimed).keep();
  const landing = await (run.operation === writeOperation
    ? workOnWrites(services, claimed, run, connector)
    : run.status === "running"
      ? look(services, run, connector, hold)
      : endWork(services, run, connector));
  return landRun(services, claimed, landing);
}

async function look(
  services: Services,
  run: OperationRunRow,
  row: ConnectorRow,
  { interrupted }: RunHold,
): Promise<RunLanding> {
  const { vault, pool, ending, logger } = services;
  try {
    const longRun = findLongRun(services, run, row);
    const state = await openState(vault, longRun, run);
    const signal = AbortSignal.any([ending, interrupted]);
    const step = await pool.use(row, (connector) => longRun.advance(connector, state, { signal }), undefined, "sync");
    return await toLanding(services, run, step);
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    // Nothing is known of the work, which goes on; whoever looks next does so with the same state.
    if (interrupted.aborted || ending.aborted) return { kind: "again", waitMs: 0, isFailure: false };
    logger.warn({ tenantId: run.tenantId, runId: run.id, err: error }, "A look at an operation run failed");
    return afterFailedLook(error, run);
  }
}

async function toLanding(
  { vault }: Services,
  run: OperationRunRow,
  step: RunStep<unknown, unknown>,
): Promise<RunLanding> {
  const proven = stepSchema.safeParse(step);
  if (!proven.success) {
    throw new ConnectorError("INTERNAL", `What ${run.operation} tells of its progress is not what the contract says.`);
  }
  const { progress, waitMs = 0 } = proven.data;
  const counts = { ...progress, total: progress.total ?? null };
  if (!step.done) {
    const work = await sealState(vault, run, step.state);
    return { kind: "running", work, counts, waitMs: Math.min(waitMs, longestWaitMs) };
  }
  const { output } = step;
  return {
    kind: "ended",
    status: "succeeded",
    counts,
    ...(output !== undefined && { work: await sealOutput(vault, run, output) }),
  };
}

/** Of a run that is to be cancelled, and of one whose process died while it began. */
async function endWork(services: Services, run: OperationRunRow, row: ConnectorRow): Promise<RunLanding> {
  const cause = run.status === "starting" ? interruption : run.error;
  if (run.work === null) return afterCancel(cause, false);
  const { vault, pool, ending, logger } = services;
  try {
    const longRun = findLongRun(services, run, row);
    const state = await openState(vault, longRun, run);
    await pool.use(row, (connector) => longRun.cancel(connector, state, { signal: ending }));
    return afterCancel(cause, true);
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    const isEnding = true;
    if (ending.aborted) return { kind: "again", waitMs: 0, isFailure: false, isEnding, ...(cause && { error: cause }) };
    logger.warn({ tenantId: run.tenantId, runId: run.id, err: error }, "An operation run could not be ended");
    return afterFailedCancel(error, run.failures, cause);
  }
}

function findLongRun({ connectors, operations }: Services, run: OperationRunRow, row: ConnectorRow): LongRun {
  const all = operations.operationsOf(connectors.definition(row.connectorType), row);
  return longRunOf(findOperation(all, run.operation));
}
