import { rollBack } from "../approval/roll-back.js";
import { alreadyDecided } from "../approval/sealed-change.js";
import { disposeOf, givesBack } from "../approval/stored-change.js";
import { byCaller, emitDecided, tellOfChange } from "../approval/tell.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertOthersChange } from "./assert-others-change.js";
import { type ChangeRequestView, viewChangeRequest } from "./change-request-view.js";
import { findChangeRequest } from "./get-change-requests.js";

/**
 * Says no to somebody else's change. An emergency is rolled back at once.
 *
 * @param reason - For whoever asked.
 * @throws {ApiError} `OWN_CHANGE_REQUEST`, `CHANGE_REQUEST_DECIDED`, `FORBIDDEN`.
 * @throws {NotFoundError}
 */
export async function rejectChange(
  services: Services,
  caller: Caller,
  id: string,
  reason: string,
): Promise<ChangeRequestView> {
  await assertAllowed(services, caller, "change-requests.decide");
  const row = await findChangeRequest(services, caller.tenantId, id);
  await assertOthersChange(services, caller, row);
  return endChange(services, caller, row, "rejected", reason);
}

/**
 * Takes a request back: its requester, or an administrator. An emergency is rolled back at once.
 *
 * @throws {ApiError} `CHANGE_REQUEST_DECIDED`, `FORBIDDEN`.
 * @throws {NotFoundError}
 */
export async function withdrawChange(services: Services, caller: Caller, id: string): Promise<ChangeRequestView> {
  await assertAllowed(services, caller, "change-requests.withdraw");
  const row = await findChangeRequest(services, caller.tenantId, id);
  if (row.requestedBy !== caller.userId && !caller.roles.includes("admin")) {
    throw new ApiError("FORBIDDEN", "Whoever asked for a change takes it back, or an administrator does.");
  }
  return endChange(services, caller, row, "withdrawn", undefined);
}

async function endChange(
  services: Services,
  caller: Caller,
  row: ChangeRequestRow,
  status: "rejected" | "withdrawn",
  reason: string | undefined,
): Promise<ChangeRequestView> {
  const by = { decidedBy: caller.userId, ...(reason !== undefined && { reason }) };
  if (row.status === "emergency") {
    const words = `It was ${status}${reason === undefined ? "." : `: ${reason}`}`;
    const ended = await rollBack(services, row, { author: byCaller(caller), ...by, reason: words });
    return viewChangeRequest(ended ?? (await refuse(services, row)));
  }
  const decided = await services.database.asTenant(caller.tenantId, async (repositories) => {
    const decision = { from: "pending", status, ...by, keepsPayload: givesBack(row) } as const;
    const ended = await repositories.changeRequests.decide(row.id, decision);
    if (ended)
      await tellOfChange(repositories, byCaller(caller), status, ended, reason === undefined ? {} : { reason });
    return ended;
  });
  if (decided === undefined) return refuse(services, row);
  emitDecided(services, decided);
  await disposeOf(services, decided);
  return viewChangeRequest(decided);
}

async function refuse(services: Services, { tenantId, id }: ChangeRequestRow): Promise<never> {
  throw alreadyDecided(await findChangeRequest(services, tenantId, id));
}
