import { type BaseConnector, ConnectorError, codeOf, type EntityBatch } from "@isthmus/core";
import type { CallPriority } from "../budgets/priorities.js";
import { DatabaseUnavailableError } from "../database/index.js";
import type { ClaimedRun, ConnectorRow, EntityState, SyncRunLanding, SyncRunRow } from "../repositories/index.js";
import { describeTrouble, pauseBeforeNextTryMs } from "../runs/run-troubles.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { followedSourceOf } from "./followed-entity.js";
import { landSync } from "./land-sync.js";
import { isBegun, keepsCursor, openRead } from "./open-read.js";
import { proveAccount } from "./prove-account.js";
import { storeAll } from "./store-batches.js";
import { SyncHold } from "./sync-hold.js";

/**
 * Reads the entity of a run that the caller has taken, batch by batch, each stored with the cursor that comes after it. Whoever
 * takes the run later goes on after the last batch. No transaction is open while the vendor is called.
 *
 * @returns the run as it is stored now; `undefined` when it is gone, or somebody else has it.
 * @throws {DatabaseUnavailableError} The run is taken again when its lease is over.
 */
export async function runSync(services: Services, claimed: ClaimedRun): Promise<SyncRunRow | undefined> {
  const found = await begin(services, claimed);
  if (found === undefined) return undefined;
  const { run } = found;
  if (run.cancelledAt !== null) return landSync(services, claimed, run, { kind: "ended", status: "cancelled" });
  await using hold = new SyncHold(services, claimed);
  // Held until it has landed: what a full run has not seen may be much.
  return await landSync(services, claimed, run, await readAll(services, claimed, found, hold));
}

interface Found {
  readonly run: SyncRunRow;
  readonly connector: ConnectorRow;
  readonly state: EntityState;
}

function begin({ database }: Services, { tenantId, runId }: ClaimedRun): Promise<Found | undefined> {
  return database.asTenant(tenantId, async ({ syncRuns, syncRunLines, connectors, recordBatches }) => {
    const run = await syncRuns.findById(runId);
    const connector = run && (await connectors.findById(run.connectorId));
    if (run === undefined || connector === undefined) return undefined;
    const state = await recordBatches.openState(run.connectorId, run.entity);
    await syncRunLines.append(
      runId,
      isBegun(run)
        ? { event: "resumed", detail: `A process goes on with it; ${run.read} records were read before.` }
        : { event: "begun", detail: "A process has taken it." },
    );
    return { run, connector, state };
  });
}

/** Else the records of two accounts would stand side by side. */
function isOfAnotherAccount({ accountId }: EntityState, { boundAccountId }: ConnectorRow): boolean {
  return accountId !== null && boundAccountId !== null && accountId !== boundAccountId;
}

const moved = {
  code: "ACCOUNT_CHANGED",
  detail: "The connector is connected to another account than the one whose records these were.",
};

async function readAll(
  services: Services,
  claimed: ClaimedRun,
  { run, connector, state }: Found,
  hold: SyncHold,
): Promise<SyncRunLanding> {
  try {
    const left = new AbortController();
    const leave = () => left.abort(new ConnectorError("CANCELLED", "Nobody reads any more."));
    const signal = AbortSignal.any([services.ending, hold.interrupted, left.signal]);
    const priority = priorityOf(run, state);
    const row = await proveAccount(services, connector, state, { signal, priority });
    if (isOfAnotherAccount(state, row)) return { kind: "anew", error: moved };
    const readIn = async (connector: BaseConnector) => {
      if (run.mode === "full" && run.cursor === null) await forgetSeen(services, claimed);
      const source = followedSourceOf(services, row, connector);
      const batches: AsyncIterable<EntityBatch> = await openRead(services, claimed, { run, state, source, signal });
      return storeAll(services, claimed, { run, accountId: row.boundAccountId, batches, leave }, hold);
    };
    return await services.pool.use(row, readIn, undefined, priority);
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    return afterFailure(services, run, hold, error);
  }
}

/** What is forgotten in one step: all of it may be millions. */
const forgottenAtOnce = 20_000;

/** What was seen before a run began anew may be gone by the time that it is read again. Whoever has lost the run forgets nothing. */
async function forgetSeen({ database, settings }: Services, { tenantId, runId, attemptId }: ClaimedRun): Promise<void> {
  const { runLeaseMs = defaultRunLeaseMs } = settings;
  const forget = () =>
    database.asTenant(tenantId, async ({ syncRuns, recordBatches }) => {
      const held = await syncRuns.renew(runId, attemptId, runLeaseMs);
      return held?.goesOn ? recordBatches.forgetSeen(runId, forgottenAtOnce) : 0;
    });
  while ((await forget()) === forgottenAtOnce);
}

async function afterFailure(
  { database, ending, logger }: Services,
  run: SyncRunRow,
  hold: SyncHold,
  error: unknown,
): Promise<SyncRunLanding> {
  if (hold.interrupted.aborted) return { kind: "ended", status: "cancelled" };
  if (ending.aborted) return { kind: "again", waitMs: 0 };
  const trouble = describeTrouble(error);
  logger.warn({ tenantId: run.tenantId, runId: run.id, err: error }, "A sync could not go on");
  if (codeOf(error) === "CURSOR_EXPIRED") {
    const begunAnew = await database.asTenant(run.tenantId, ({ syncRunLines }) =>
      syncRunLines.list(run.id, { limit: mostRestarts }, "begun_anew"),
    );
    if (begunAnew.rows.length < mostRestarts) return { kind: "anew", error: trouble };
  }
  const waitMs = pauseBeforeNextTryMs(error, run.failures);
  return waitMs === undefined
    ? { kind: "ended", status: "failed", error: trouble }
    : { kind: "again", waitMs, error: trouble };
}

/** A run begins anew so often: a vendor whose new cursors expire before everything is read cannot be followed. */
const mostRestarts = 3;

/** What reads everything has time; what somebody was told of has less. */
function priorityOf(run: SyncRunRow, { cursor }: EntityState): CallPriority {
  if (keepsCursor(run) || !cursor) return "backfill";
  return run.trigger === "event" ? "hook" : "sync";
}
