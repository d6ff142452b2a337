import { assertNoEmergency } from "../approval/assert-no-emergency.js";
import type { Changed, ChangeKind, ChangeTarget, UndoingChange } from "../approval/change-kind.js";
import { sealChange } from "../approval/sealed-change.js";
import { byCaller, connectionOf, noteOf, tellOfChange } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import type { ChangeDiffEntry, NewChangeRequest } from "../repositories/index.js";
import { defaultChangeRequestDays, type Services } from "../services.js";
import { type ChangeRequestView, viewChangeRequest } from "./change-request-view.js";
import { withConflicts } from "./database-conflicts.js";

/** A change that an action has proven. */
export interface ProposedChange<Change extends object, Result extends Changed> {
  readonly kind: ChangeKind<Change, Result>;
  readonly target: ChangeTarget;
  /** What people call the target. */
  readonly targetName: string;
  readonly connectorType: string;
  readonly change: Change;
  readonly diff: readonly ChangeDiffEntry[];
  /** Whether the target is one of production, or becomes one. */
  readonly isProduction: boolean;
}

/** What became of a change that was asked for. */
export type ChangeOutcome<Result> =
  | {
      readonly outcome: "applied";
      readonly result: Result;
      /** Of an emergency: the request that others have to confirm. */
      readonly changeRequestId?: string;
    }
  | { readonly outcome: "requested"; readonly request: ChangeRequestView };

const dayMs = 86_400_000;
/** How long an emergency may stay unconfirmed. */
const emergencyMs = dayMs;

/**
 * Applies a change of the sandbox at once, and makes a change request of one of production: nothing is changed then until
 * somebody else approves.
 *
 * @param emergency - Why a change of production cannot wait: it is applied at once, and rolled back unless two approvers
 *   confirm it within a day.
 * @throws {ApiError} `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`; what `ChangeKind.assertPossible` throws; of an emergency `FORBIDDEN`, `EMERGENCY_UNSUPPORTED`.
 */
export async function submitChange<Change extends object, Result extends Changed>(
  services: Services,
  caller: Caller,
  proposed: ProposedChange<Change, Result>,
  emergency?: string,
): Promise<ChangeOutcome<Result>> {
  if (!proposed.isProduction) return { outcome: "applied", result: await applyAtOnce(services, caller, proposed) };
  if (emergency !== undefined) return applyInEmergency(services, caller, proposed, emergency);
  const request = await newRequest(services, caller, proposed);
  const row = await services.database.asTenant(caller.tenantId, async (repositories) => {
    await assertNoEmergency(repositories.changeRequests, proposed.target);
    await proposed.kind.assertPossible?.(services, repositories, proposed.target);
    const created = await repositories.changeRequests.create(request);
    await tellOfChange(repositories, byCaller(caller), "requested", created);
    return created;
  });
  services.events.emit("change.requested", { connection: connectionOf(row), changeRequestId: row.id });
  return { outcome: "requested", request: viewChangeRequest(row) };
}

async function applyAtOnce<Change extends object, Result extends Changed>(
  services: Services,
  caller: Caller,
  { kind, target, change }: ProposedChange<Change, Result>,
): Promise<Result> {
  const context = { tenantId: caller.tenantId, target, requestedBy: caller.userId };
  const prepared = await kind.prepare(services, context, change);
  using digester = await RowDigester.take(services, caller.tenantId);
  const result = await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async (repositories) => {
      const note = noteOf(repositories, byCaller(caller), digester, target);
      const changed = await prepared.apply(repositories, note);
      // Now that the target is locked: an emergency cannot come in between any more.
      await assertNoEmergency(repositories.changeRequests, target);
      return changed;
    }),
  );
  prepared.applied?.(result);
  return result;
}

async function applyInEmergency<Change extends object, Result extends Changed>(
  services: Services,
  caller: Caller,
  proposed: ProposedChange<Change, Result>,
  reason: string,
): Promise<ChangeOutcome<Result>> {
  await assertAllowed(services, caller, "change-requests.emergency");
  const { kind, target, change } = proposed;
  const context = { tenantId: caller.tenantId, target, requestedBy: caller.userId };
  const undo = await kind.invert?.(services, context, change);
  if (undo === undefined) {
    const words =
      "Nothing leads back from this change, so it needs an approval first. To stop a connector or an endpoint";
    throw new ApiError("EMERGENCY_UNSUPPORTED", `${words} at once, PATCH it with active: false.`);
  }
  const request = await newRequest(services, caller, proposed, emergencyMs, undo);
  const prepared = await kind.prepare(services, context, change);
  using digester = await RowDigester.take(services, caller.tenantId);
  const { result, row } = await withConflicts(() =>
    services.database.asTenant(caller.tenantId, async (repositories) => {
      const origin = { id: request.id, requestedBy: caller.userId };
      const note = noteOf(repositories, byCaller(caller), digester, target, origin);
      const changed = await prepared.apply(repositories, note);
      await assertNoEmergency(repositories.changeRequests, target);
      const applied = { reason, appliedVersion: changed.version };
      const created = await repositories.changeRequests.create({ ...request, emergency: applied });
      await tellOfChange(repositories, byCaller(caller), "emergency", created, { reason });
      return { result: changed, row: created };
    }),
  );
  prepared.applied?.(result);
  const { tenantId, id: changeRequestId, expiresAt } = row;
  services.logger.warn(
    { tenantId, changeRequestId, kind: kind.name, target, requestedBy: caller.userId, reason, rollBackAt: expiresAt },
    "A production connector was changed in an emergency; two approvers have to confirm it",
  );
  services.events.emit("change.emergency", { connection: connectionOf(row), changeRequestId, reason });
  return { outcome: "applied", result, changeRequestId };
}

/**
 * A request as it is stored, its change sealed. May need the key provider: not in a unit of work.
 *
 * @param lifetimeMs - Default: what the settings say.
 */
export async function newRequest<Change extends object, Result extends Changed>(
  { vault, settings: { changeRequestDays = defaultChangeRequestDays } }: Services,
  { tenantId, userId }: Pick<Caller, "tenantId" | "userId">,
  { kind, target, targetName, connectorType, change, diff }: Omit<ProposedChange<Change, Result>, "isProduction">,
  lifetimeMs: number = changeRequestDays * dayMs,
  undo?: UndoingChange,
): Promise<NewChangeRequest> {
  const id = newId();
  const digested = { kind: kind.name, targetId: target.id, targetVersion: target.version, change };
  return {
    id,
    kind: kind.name,
    targetType: target.type,
    targetId: target.id,
    targetVersion: target.version,
    targetName,
    connectorType,
    ...(await sealChange(vault, { tenantId, id }, digested, undo)),
    diff,
    requestedBy: userId,
    lifetimeMs,
  };
}
