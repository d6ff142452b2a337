import { isConnectorError } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { DatabaseUnavailableError } from "../database/index.js";
import type { ChangeDecision, ChangeRequestRow, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { AuditNote, PreparedChange } from "./change-kind.js";
import { openChange } from "./sealed-change.js";
import { contextOf, prepareNamed } from "./stored-change.js";
import { type Author, byService, emitDecided, noteOf, tellOfChange } from "./tell.js";

/** Who has an emergency undone, and why. */
export interface RollBackWish {
  /** Default: the service. */
  readonly author?: Author;
  readonly decidedBy?: string;
  readonly reason: string;
  /** Only when its time is over. */
  readonly when?: "overdue";
}

/**
 * Undoes what was changed in an emergency: brings the target back to what it was, in one unit of work with the request's end.
 * Where that is not possible, what was changed is switched off, so that nothing goes on unapproved. Loud in any case.
 *
 * @returns `undefined` when it is no open emergency any more.
 * @throws {ConnectorError} `KEY_UNAVAILABLE`; {@link DatabaseUnavailableError}. Then it is still open, and a worker tries again.
 */
export async function rollBack(
  services: Services,
  row: ChangeRequestRow,
  wish: RollBackWish,
): Promise<ChangeRequestRow | undefined> {
  try {
    const { undo } = await openChange(services.vault, row);
    if (undo === undefined) throw new Error("The request does not say how to undo it.");
    const prepared = await prepareNamed(services, contextOf(row, row.appliedVersion), undo);
    return await end(services, row, wish, "rolled_back", prepared);
  } catch (error) {
    if (isPassing(error)) throw error;
    services.logger.error({ ...factsOf(row), err: error }, "An emergency change cannot be rolled back");
    return end(services, row, wish, "rollback_failed");
  }
}

async function end(
  services: Services,
  row: ChangeRequestRow,
  { author = byService, reason, decidedBy, when }: RollBackWish,
  status: Extract<ChangeDecision["status"], "rolled_back" | "rollback_failed">,
  prepared?: PreparedChange,
): Promise<ChangeRequestRow | undefined> {
  using digester = await RowDigester.take(services, row.tenantId);
  const ended = await services.database.asTenant(row.tenantId, async (repositories) => {
    const who = decidedBy !== undefined && { decidedBy };
    const decision = { from: "emergency", status, reason, ...who, ...(when && { when }) } as const;
    const decided = await repositories.changeRequests.decide(row.id, decision);
    if (decided === undefined) return undefined;
    const note = noteOf(repositories, author, digester, contextOf(row).target, row);
    const result = await prepared?.apply(repositories, note);
    if (prepared === undefined) await switchOff(repositories, note, row);
    await tellOfChange(repositories, author, status, decided, { reason });
    return { decided, result };
  });
  if (ended === undefined) return undefined;
  if (ended.result) prepared?.applied?.(ended.result);
  else services.pool.drop(row.targetId);
  services.logger.warn(
    { ...factsOf(row), reason },
    status === "rolled_back"
      ? "An emergency change was rolled back"
      : "An emergency change could not be rolled back; what it changed was switched off",
  );
  emitDecided(services, ended.decided);
  return ended.decided;
}

async function switchOff(
  { connectors, inboundEndpoints, syncSchedules }: TenantRepositories,
  note: AuditNote,
  { targetType, targetId: id }: ChangeRequestRow,
): Promise<void> {
  if (targetType === "schedule") {
    const before = await syncSchedules.findById(id);
    if (before === undefined) return;
    const paused = { pausedAt: new Date(), tickAt: null, dueAt: null };
    const after = await syncSchedules.update(id, before.version, paused);
    return note("schedule.updated", { paused: true }, { before, after });
  }
  const repository = targetType === "connector" ? connectors : inboundEndpoints;
  const before = await repository.findById(id);
  if (before === undefined) return;
  const after = await repository.update(id, before.version, { isActive: false });
  await note(`${targetType}.updated`, { fields: ["active"] }, { before, after });
}

/** What is over by itself: nothing is given up for it. */
function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailableError || (isConnectorError(error) && error.retryable);
}

function factsOf({ tenantId, id: changeRequestId, kind, targetType, targetId }: ChangeRequestRow) {
  return { tenantId, changeRequestId, kind, targetType, targetId };
}
