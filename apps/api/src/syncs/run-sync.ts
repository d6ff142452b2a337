import { codeOf, type EntityBatch, type EntityCursor } from "@isthmus/core";
import { z } from "zod";
import { DatabaseUnavailableError } from "../database/index.js";
import type { ClaimedRun, ConnectorRow, ReadRecord, SyncRunLanding, SyncRunRow } from "../repositories/index.js";
import { describeTrouble, pauseBeforeNextTryMs } from "../runs/run-troubles.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { readerOf } from "./followed-entity.js";
import { landSync } from "./land-sync.js";
import { toStorableRecord } from "./storable-record.js";
import { SyncHold } from "./sync-hold.js";

const cursorSchema = z.looseObject({ v: z.number() });

/**
 * Reads the entity of a run that the caller has taken, batch by batch, each stored with the cursor that comes after it. Whoever
 * takes the run later goes on after the last batch. No transaction is open while the vendor is called.
 *
 * @returns the run as it is stored now; `undefined` when it is gone, or somebody else has it.
 * @throws {DatabaseUnavailableError} The run is taken again when its lease is over.
 */
export async function runSync(services: Services, claimed: ClaimedRun): Promise<SyncRunRow | undefined> {
  const { tenantId, runId } = claimed;
  const { run, connector } = await services.database.asTenant(tenantId, async ({ syncRuns, connectors }) => {
    const run = await syncRuns.findById(runId);
    return { run, connector: run && (await connectors.findById(run.connectorId)) };
  });
  if (run === undefined || connector === undefined) return undefined;
  if (run.cancelledAt !== null) return landSync(services, claimed, run, { kind: "ended", status: "cancelled" });
  await using hold = new SyncHold(services, claimed);
  return landSync(services, claimed, run, await readAll(services, claimed, run, connector, hold));
}

async function readAll(
  services: Services,
  claimed: ClaimedRun,
  run: SyncRunRow,
  row: ConnectorRow,
  hold: SyncHold,
): Promise<SyncRunLanding> {
  const { database, pool, ending } = services;
  const cursor =
    run.mode === "full"
      ? run.cursor
      : await database.asTenant(run.tenantId, ({ recordBatches }) =>
          recordBatches.findCursor(run.connectorId, run.entity),
        );
  try {
    const signal = AbortSignal.any([ending, hold.interrupted]);
    return await pool.use(row, async (connector) => {
      const read = readerOf(services, row, connector);
      const batches = read(run.entity, toCursor(cursor), signal);
      return storeAll(services, claimed, run, batches, hold);
    });
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    return afterFailure(services, run, hold, error);
  }
}

async function storeAll(
  services: Services,
  { runId, attemptId }: ClaimedRun,
  { connectorId, entity, mode, tenantId }: SyncRunRow,
  batches: AsyncIterable<EntityBatch>,
  hold: SyncHold,
): Promise<SyncRunLanding> {
  const { database, settings, stopping, logger } = services;
  const { runLeaseMs: leaseMs = defaultRunLeaseMs } = settings;
  const target = { runId, attemptId, leaseMs, connectorId, entity, mode };
  for await (const { changes, cursor } of batches) {
    const storable = changes.map(toStorableRecord);
    const records = storable.filter((record): record is ReadRecord => record !== undefined);
    const failed = changes.length - records.length;
    if (failed > 0)
      logger.warn({ tenantId, runId, failed }, "Records have ids that cannot be stored; they are left out");
    const stored = await database.asTenant(tenantId, (work) =>
      work.recordBatches.storeBatch(target, records, cursorSchema.parse(cursor), failed),
    );
    if (stored === undefined) return { kind: "ended", status: "cancelled" };
    if (stopping.aborted) return { kind: "again", waitMs: 0 };
    if (hold.interrupted.aborted) break;
  }
  return { kind: "ended", status: hold.interrupted.aborted ? "cancelled" : "succeeded" };
}

function afterFailure({ ending, logger }: Services, run: SyncRunRow, hold: SyncHold, error: unknown): SyncRunLanding {
  if (hold.interrupted.aborted) return { kind: "ended", status: "cancelled" };
  if (ending.aborted) return { kind: "again", waitMs: 0 };
  const trouble = describeTrouble(error);
  logger.warn({ tenantId: run.tenantId, runId: run.id, err: error }, "A sync could not go on");
  if (codeOf(error) === "CURSOR_EXPIRED" && run.failures < mostRestarts) return { kind: "anew", error: trouble };
  const waitMs = pauseBeforeNextTryMs(error, run.failures);
  return waitMs === undefined
    ? { kind: "ended", status: "failed", error: trouble }
    : { kind: "again", waitMs, error: trouble };
}

/** Cursors that expire in a row before something is stored: a vendor that says so of new ones, too, cannot be followed. */
const mostRestarts = 3;

function toCursor(stored: object | null | undefined): EntityCursor | undefined {
  return stored === null || stored === undefined ? undefined : cursorSchema.parse(stored);
}
