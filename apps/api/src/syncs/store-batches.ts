import type { EntityBatch } from "@isthmus/core";
import type { ClaimedRun, ReadBatch, SyncRunLanding, SyncRunRow } from "../repositories/index.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { cursorSchema, keepsCursor } from "./open-read.js";
import { readAhead } from "./read-ahead.js";
import { toStorableRecord } from "./storable-record.js";
import type { SyncHold } from "./sync-hold.js";

/** What is read for a run. */
export interface Reading {
  readonly run: SyncRunRow;
  /** The vendor's account that is read. */
  readonly accountId: string | null;
  readonly batches: AsyncIterable<EntityBatch>;
  /** Ends the read. */
  readonly leave: () => void;
}

/** Stores batch after batch, each with the cursor that comes after it, until the run is to stop or there are no more. */
export async function storeAll(
  services: Services,
  { runId, attemptId }: ClaimedRun,
  { run, accountId, batches, leave }: Reading,
  hold: SyncHold,
): Promise<SyncRunLanding> {
  const { database, settings, stopping } = services;
  const { connectorId, entity, mode, tenantId } = run;
  const { runLeaseMs: leaseMs = defaultRunLeaseMs } = settings;
  const target = { runId, attemptId, leaseMs, connectorId, entity, mode, accountId, keepsCursor: keepsCursor(run) };
  const { items, ask } = readAhead(toStorable(batches), leave);
  for await (const batch of items) {
    const { failed } = batch;
    const end = await database.asTenant(tenantId, async ({ recordBatches, syncRuns, syncRunLines }) => {
      const counts = await recordBatches.storeBatch(target, batch, ask);
      if (counts === undefined) return (await syncRuns.findById(runId))?.cancelledAt ? cancelled : goesOnLater;
      if (failed > 0) await syncRunLines.append(runId, { event: "records_refused", detail: refused(failed) });
      return stopping.aborted ? goesOnLater : undefined;
    });
    if (end) return end;
    if (hold.interrupted.aborted) return cancelled;
  }
  return hold.interrupted.aborted ? cancelled : { kind: "ended", status: "succeeded" };
}

/** Makes a batch ready as soon as it is there: the database stores the one before meanwhile. */
async function* toStorable(batches: AsyncIterable<EntityBatch>): AsyncGenerator<ReadBatch, void, undefined> {
  for await (const { changes, cursor } of batches) {
    const records = changes.map(toStorableRecord).filter((record) => record !== undefined);
    yield { records, cursor: cursorSchema.parse(cursor), failed: changes.length - records.length };
  }
}

const cancelled: SyncRunLanding = { kind: "ended", status: "cancelled" };
/** Somebody else has it, or the connector has another account: whoever takes it next finds out. */
const goesOnLater: SyncRunLanding = { kind: "again", waitMs: 0 };

function refused(count: number): string {
  return `${count} records were left out: their ids are empty, too long, or no text that a database keeps.`;
}
