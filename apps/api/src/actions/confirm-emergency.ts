import { alreadyDecided } from "../approval/sealed-change.js";
import { byCaller, emitDecided, tellOfChange } from "../approval/tell.js";
import type { Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ChangeRequestView, viewChangeRequest } from "./change-request-view.js";

/**
 * Confirms an emergency that `caller` has seen as `row`: the second of two different approvers lets it stand for good.
 *
 * @throws {ApiError} `OWN_CHANGE_REQUEST` for the same approver twice; `CHANGE_REQUEST_DECIDED` when it was decided, or its
 *   time is over.
 */
export async function confirmEmergency(
  services: Services,
  caller: Caller,
  row: ChangeRequestRow,
): Promise<ChangeRequestView> {
  const { id, version, confirmedBy } = row;
  if (confirmedBy === caller.userId) {
    throw new ApiError("OWN_CHANGE_REQUEST", "You have confirmed it already. An emergency needs a second approver.");
  }
  const isFirst = confirmedBy === null;
  const confirmed = await services.database.asTenant(caller.tenantId, async (repositories) => {
    const { changeRequests } = repositories;
    const decision = { from: "emergency", version, when: "in_time", status: "confirmed" } as const;
    const changed = isFirst
      ? await changeRequests.confirm(id, version, caller.userId)
      : await changeRequests.decide(id, { ...decision, decidedBy: caller.userId });
    if (changed === undefined) throw whyNot(row, await changeRequests.findById(id));
    await tellOfChange(repositories, byCaller(caller), isFirst ? "confirmed_once" : "confirmed", changed);
    return changed;
  });
  if (!isFirst) emitDecided(services, confirmed);
  return viewChangeRequest(confirmed);
}

function whyNot({ id, version }: ChangeRequestRow, now: ChangeRequestRow | undefined): ApiError {
  if (now?.status === "emergency" && now.version !== version) {
    return new ApiError("PRECONDITION_FAILED", `The change request ${id} is at version ${now.version}. Read it again.`);
  }
  return now === undefined || now.status === "emergency"
    ? new ApiError("CHANGE_REQUEST_DECIDED", `The time of the change request ${id} is over: it is being rolled back.`)
    : alreadyDecided(now);
}
