import { type BaseConnector, ConnectorError, longRunOf, prepareStart } from "@isthmus/core";
import { auditOf } from "../actions/audit.js";
import type { Runnable } from "../actions/connector-operations.js";
import type { OperationRequest } from "../actions/run-operation.js";
import type { Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { ClaimedRun, ConnectorRow, OperationRunRow, RunLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import { landRun } from "./land-run.js";
import { claimOf, RunHold } from "./run-hold.js";
import { afterCancel, afterFailedCancel, describeTrouble, interruption } from "./run-troubles.js";

/** A run that a request begins. */
export interface RunStart {
  readonly caller: Caller;
  readonly runnable: Runnable;
  readonly request: Omit<OperationRequest, "readSignal">;
  /** Called when the run is noted, before anything is sent. */
  readonly noted: (runId: string) => void;
}

/**
 * Begins the work of a bulk operation. The run is noted before anything is sent. Where beginning fails, what the last
 * checkpoint names is cancelled at the vendor.
 *
 * @returns the run, which goes on without this request; one that somebody has cancelled meanwhile is ended, or being so.
 * @throws {ConnectorError} `VALIDATION_FAILED` before a run is noted; what the vendor's failure maps to. The run is `failed` then.
 */
export function startRun(services: Services, start: RunStart): Promise<OperationRunRow> {
  const { row } = start.runnable;
  const starting = services.pool.use(row, (connector) => startWith(services, connector, start), start.caller);
  return services.runStarts.track(starting);
}

async function startWith(
  services: Services,
  connector: BaseConnector,
  { caller, runnable: { row, operation }, request, noted }: RunStart,
): Promise<OperationRunRow> {
  const run = { tenantId: caller.tenantId, runId: newId(), attemptId: newId() };
  await using hold = new RunHold(services, run);
  const signal = AbortSignal.any([services.ending, hold.interrupted]);
  const { input, content } = request;
  const begin = prepareStart(connector, operation, input, { signal, ...(content && { content }) });
  await noteRun(services, caller, run, row, operation.name);
  noted(run.runId);
  hold.keep();
  try {
    await hold.checkpoint(await begin((state) => hold.checkpoint(state)));
    const counts = { processed: 0, failed: 0, total: null };
    const landed = await landRun(services, run, { kind: "running", counts, waitMs: 0 });
    if (landed) return landed;
    throw new ConnectorError("CANCELLED", "The operation run was taken over.");
  } catch (thrown) {
    const error = hold.failure ?? thrown;
    const cancel = (state: unknown) =>
      longRunOf(operation).cancel(connector, state, { signal: new AbortController().signal });
    const landed = await giveUp(services, run, hold, error, cancel);
    // Who wished the end is told where it stands; whoever began the run is told the same, and no failure.
    if (landed && hold.interrupted.aborted) return landed;
    throw error;
  }
}

async function noteRun(
  { database, settings }: Services,
  caller: Caller,
  { runId, attemptId }: ClaimedRun,
  { id: connectorId, version: connectorVersion }: ConnectorRow,
  operation: string,
): Promise<void> {
  const about = { connectorId, operation };
  await database.asTenant(caller.tenantId, async ({ operationRuns, auditEvents }) => {
    await operationRuns.begin(
      { id: runId, ...about, connectorVersion, createdBy: caller.userId },
      claimOf(settings, attemptId),
    );
    const facts = { action: "operation_run.begun", targetType: "operation_run", targetId: runId } as const;
    await auditEvents.append(auditOf(caller, { ...facts, outcome: "success", details: about }));
  });
}

/** Ends a start that failed: at the vendor first, then in the database. What that fails with is logged. */
async function giveUp(
  services: Services,
  run: ClaimedRun,
  hold: RunHold,
  error: unknown,
  cancel: (state: unknown) => Promise<void>,
): Promise<OperationRunRow | undefined> {
  const { logger, ending } = services;
  try {
    return await landRun(services, run, await endStart(hold, error, cancel, ending));
  } catch (failure) {
    logger.error({ ...run, err: failure }, "The end of an operation run could not be stored; a worker will end it");
    return undefined;
  }
}

async function endStart(
  { reached, interrupted }: RunHold,
  error: unknown,
  cancel: (state: unknown) => Promise<void>,
  ending: AbortSignal,
): Promise<RunLanding> {
  const isWished = interrupted.aborted;
  // Of a service that stops no connector sends any more: a process that goes on ends the work.
  if (ending.aborted && !isWished) {
    return { kind: "again", waitMs: 0, isFailure: false, isEnding: true, error: interruption };
  }
  const cause = isWished ? null : describeTrouble(error);
  if (!reached) return afterCancel(cause, false);
  try {
    await cancel(reached.state);
    return afterCancel(cause, true);
  } catch (failure) {
    return afterFailedCancel(failure, 0, cause);
  }
}
