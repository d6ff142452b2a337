import type { EntityBatch } from "@isthmus/core";
import type { ClaimedRun, ReadBatch, SyncRunLanding, SyncRunRow } from "../repositories/index.js";
import { defaultRunLeaseMs, type Services } from "../services.js";
import { cursorSchema, keepsCursor } from "./open-read.js";
import { deepestRecord, toStorableRecord } from "./storable-record.js";
import type { SyncHold } from "./sync-hold.js";
import { twoAtATime } from "./two-at-a-time.js";

/** What is read for a run. */
export interface Reading {
  readonly run: SyncRunRow;
  /** The vendor's account that is read. */
  readonly accountId: string | null;
  readonly batches: AsyncIterable<EntityBatch>;
  /** Ends the read. */
  readonly leave: () => void;
}

/**
 * Stores batch after batch, each with the cursor that comes after it, until the run is to stop or there are no more. While the
 * database has one batch, the next one is read and sent: it then has work whenever the vendor is quick enough.
 */
export async function storeAll(
  { database, settings, stopping }: Services,
  { runId, attemptId }: ClaimedRun,
  { run, accountId, batches, leave }: Reading,
  hold: SyncHold,
): Promise<SyncRunLanding> {
  const { connectorId, entity, mode, tenantId, read } = run;
  const { runLeaseMs: leaseMs = defaultRunLeaseMs } = settings;
  const target = { runId, attemptId, leaseMs, connectorId, entity, mode, accountId, keepsCursor: keepsCursor(run) };
  const lane = database.openBatches(tenantId, target, read);
  const isStored = async (batch: ReadBatch) => (await lane.store(batch)) !== undefined;
  const end = await twoAtATime(
    toStorable(batches),
    isStored,
    () => stopping.aborted || hold.interrupted.aborted,
    leave,
  );
  if (hold.interrupted.aborted) return cancelled;
  if (end === "refused") {
    const now = await database.asTenant(tenantId, ({ syncRuns }) => syncRuns.findById(runId));
    return now?.cancelledAt ? cancelled : goesOnLater;
  }
  return end === "stopped" ? goesOnLater : { kind: "ended", status: "succeeded" };
}

/** Makes a batch ready as soon as it is there. */
async function* toStorable(batches: AsyncIterable<EntityBatch>): AsyncGenerator<ReadBatch, void, undefined> {
  for await (const { changes, cursor } of batches) {
    const records = changes.map(toStorableRecord).filter((record) => record !== undefined);
    const failed = changes.length - records.length;
    yield { records, cursor: cursorSchema.parse(cursor), failed, ...(failed > 0 && { refusal: refusalOf(failed) }) };
  }
}

const cancelled: SyncRunLanding = { kind: "ended", status: "cancelled" };
/** Somebody else has it, or the connector has another account: whoever takes it next finds out. */
const goesOnLater: SyncRunLanding = { kind: "again", waitMs: 0 };

function refusalOf(count: number): string {
  return `${count} records were left out: their ids are empty, too long, or no text that a database keeps, or they are nested deeper than ${deepestRecord} levels.`;
}
