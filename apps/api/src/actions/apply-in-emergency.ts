import { assertNoEmergency } from "../approval/assert-no-emergency.js";
import type { Changed } from "../approval/change-kind.js";
import { newRequest, type ProposedChange } from "../approval/new-request.js";
import { byCaller, connectionOf, noteOf, tellOfChange } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";
import { withConflicts } from "./database-conflicts.js";

/** How long an emergency may stay unconfirmed, in milliseconds. */
const emergencyMs = 86_400_000;

/**
 * Applies a change of production at once, in the unit of work that stores the request with what leads back.
 *
 * @returns the request that two approvers have to confirm within a day.
 * @throws {ApiError} `FORBIDDEN`, `EMERGENCY_UNSUPPORTED`, `EMERGENCY_UNCONFIRMED`; what applying it throws.
 */
export async function applyInEmergency<Change extends object, Result extends Changed>(
  services: Services,
  caller: Caller,
  proposed: ProposedChange<Change, Result>,
  reason: string,
): Promise<{ readonly result: Result; readonly changeRequestId: string }> {
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
  return { result, changeRequestId };
}
