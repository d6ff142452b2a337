import { type BatchTarget, holdStatement, type ReadBatch, storeStatement } from "./record-batch-statement.js";
import type { BatchCounts } from "./record-batches.js";
import type { ScopedSql, TenantId } from "./scope.js";
import type { NoteWork } from "./work-kinds.js";

/** Runs transactions of one tenant, in the order in which they are given; one may be given while the one before is under way. */
export interface TenantLane {
  /** @returns the rows of each statement. What one of them throws rolls all of its transaction back, and no other. */
  send(statements: readonly ScopedSql[]): Promise<readonly (readonly object[])[]>;
}

/** Writes the batches of one run. */
export interface RecordBatchLane {
  /**
   * Stores a batch with the cursor that comes after it, as `RecordBatchRepository.storeBatch` does. The next batch may be given
   * while this one is under way; it is stored only if this one is. The entity has to have its row: `openState`.
   *
   * @returns `undefined`, and nothing is stored, when somebody else has the run, it is to be ended, the connector has another
   *   account by now, or the batch before was not stored.
   */
  store(batch: ReadBatch): Promise<BatchCounts | undefined>;
}

/** What a lane of batches works with. */
export interface RecordBatchLaneParts {
  readonly tenantId: string;
  readonly lane: TenantLane;
  readonly sinks: readonly string[];
  /** Runs a transaction; what it has noted is told when it is committed. */
  readonly whenCommitted: <T>(transaction: (noteWork: NoteWork) => Promise<T>) => Promise<T>;
  readonly target: BatchTarget;
  /** Records that the run has read before. */
  readonly read: number;
}

/** The batches of one run. A cursor never gets past records that are not stored: each batch asks how many were read before it. */
export function createRecordBatchLane({
  tenantId,
  lane,
  sinks,
  whenCommitted,
  target,
  read,
}: RecordBatchLaneParts): RecordBatchLane {
  const own = tenantId as TenantId;
  let before = read;
  return {
    store: (batch) =>
      whenCommitted(async (noteWork) => {
        const hold = holdStatement(own, target, before);
        before += batch.records.length + batch.failed;
        const [, rows] = await lane.send([hold, storeStatement({ tenantId: own, sinks }, target, batch)]);
        // The statement gives one row of these columns, or none.
        const [counts] = (rows ?? []) as readonly BatchCounts[];
        if (counts !== undefined && counts.changed + counts.deleted > 0) noteWork("deliveries");
        return counts;
      }),
  };
}
