import { assertNoEmergency } from "../approval/assert-no-emergency.js";
import type { Changed } from "../approval/change-kind.js";
import { newRequest, type ProposedChange } from "../approval/new-request.js";
import { byCaller, connectionOf, noteOf, tellOfChange } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { applyInEmergency } from "./apply-in-emergency.js";
import { type ChangeRequestView, viewChangeRequest } from "./change-request-view.js";
import { withConflicts } from "./database-conflicts.js";

/** What became of a change that was asked for. */
export type ChangeOutcome<Result> =
  | {
      readonly outcome: "applied";
      readonly result: Result;
      /** Of an emergency: the request that others have to confirm. */
      readonly changeRequestId?: string;
    }
  | { readonly outcome: "requested"; readonly request: ChangeRequestView };

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
  if (emergency !== undefined)
    return { outcome: "applied", ...(await applyInEmergency(services, caller, proposed, emergency)) };
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
