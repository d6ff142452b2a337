import type { EntityBatch, EntityCursor } from "@isthmus/core";
import { z } from "zod";
import type { ClaimedRun, EntityState, SyncRunRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type FollowedSource, startAt } from "./followed-entity.js";

/** A cursor as connectors give it: one without a version could not be told from that of another. */
export const cursorSchema = z.looseObject({ v: z.number() });

/** What a run reads, and from where. */
export interface ReadStart {
  readonly run: SyncRunRow;
  readonly state: EntityState;
  readonly source: FollowedSource;
  readonly signal: AbortSignal;
}

/** Whether the cursor stays the run's until everything is read: one that stops half-way must not move the entity's. */
export function keepsCursor({ mode, backfillFrom }: Pick<SyncRunRow, "mode" | "backfillFrom">): boolean {
  return mode === "full" || backfillFrom !== null;
}

/** Whether something of it is stored. */
export function isBegun({ read, cursor }: Pick<SyncRunRow, "read" | "cursor">): boolean {
  return read > 0 || cursor !== null;
}

/**
 * Begins to read where a run stands. Of one that begins, the vendor is asked how much is to come, which is worth a call where it
 * may be everything.
 *
 * @throws {ConnectorError} `UNSUPPORTED` for a run from a time on where the connector cannot read so.
 */
export async function openRead(
  services: Services,
  claimed: ClaimedRun,
  { run, state, source, signal }: ReadStart,
): Promise<AsyncIterable<EntityBatch>> {
  const { entity, backfillFrom } = run;
  const stored = keepsCursor(run) ? run.cursor : state.cursor;
  if (stored) return source.read(entity, cursorSchema.parse(stored), signal);
  await expect(services, claimed, { run, state, source, signal });
  const isLate = run.mode === "incremental" && backfillFrom !== null;
  const cursor: EntityCursor | undefined = isLate ? await startAt(source, entity, backfillFrom, signal) : undefined;
  return source.read(entity, cursor, signal);
}

/** An estimate ends no run: a count that a vendor refuses, or takes too long for, is left out. */
async function expect(
  { database, logger }: Services,
  { tenantId, runId, attemptId }: ClaimedRun,
  { run, source, signal }: ReadStart,
): Promise<void> {
  if (source.count === undefined || run.expected !== null) return;
  let changes: number | undefined;
  try {
    changes = await source.count(run.entity, run.backfillFrom?.getTime(), signal);
  } catch (error) {
    logger.debug({ tenantId, runId, err: error }, "The vendor does not say how much there is to read");
  }
  if (changes === undefined || changes > mostExpected) return;
  await database.asTenant(tenantId, ({ syncRuns }) => syncRuns.expect(runId, attemptId, Number(changes)));
}

/** What the column holds. */
const mostExpected = 2 ** 31 - 1;
