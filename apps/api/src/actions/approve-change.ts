import { NotFoundError } from "@isthmus/core";
import { assertNoEmergency } from "../approval/assert-no-emergency.js";
import type { Changed } from "../approval/change-kind.js";
import { findChangeKind } from "../approval/change-kinds.js";
import { alreadyDecided } from "../approval/sealed-change.js";
import { contextOf, disposeOf, givesBack, prepareStored } from "../approval/stored-change.js";
import { byCaller, emitDecided, noteOf, tellOfChange } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller, isAllowed } from "../authorization/index.js";
import { StaleVersionError } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertOthersChange } from "./assert-others-change.js";
import { type ChangeRequestView, viewChangeRequest } from "./change-request-view.js";
import { confirmEmergency } from "./confirm-emergency.js";
import { withConflicts } from "./database-conflicts.js";
import { findChangeRequest } from "./get-change-requests.js";
import { rolesOfRequester } from "./roles-of-requester.js";

/**
 * Approves a change and applies it, in one unit of work: exactly what was asked for, to exactly the version that it was asked
 * for, once. An emergency is confirmed by it.
 *
 * @param seenVersion - The version of the request that the approver saw, comments included.
 * @throws {ApiError} `OWN_CHANGE_REQUEST`, `CHANGE_REQUEST_DECIDED`, `CHANGE_REQUEST_STALE`, `PRECONDITION_FAILED`,
 *   `EMERGENCY_UNCONFIRMED`, `FORBIDDEN`; what keeps the change from being applied now, such as `OPERATION_RUN_UNFINISHED`.
 * @throws {NotFoundError}
 */
export async function approveChange(
  services: Services,
  caller: Caller,
  id: string,
  seenVersion: number,
): Promise<ChangeRequestView> {
  await assertAllowed(services, caller, "change-requests.decide");
  const row = await findChangeRequest(services, caller.tenantId, id);
  await assertOthersChange(services, caller, row);
  if (row.status !== "pending" && row.status !== "emergency") throw alreadyDecided(row);
  assertSeen(row, seenVersion);
  if (row.status === "emergency") return confirmEmergency(services, caller, row);
  try {
    const prepared = await prepareStored(services, row);
    using digester = await RowDigester.take(services, caller.tenantId);
    const apply = (work: TenantRepositories) =>
      prepared.apply(work, noteOf(work, byCaller(caller), digester, contextOf(row).target, row));
    const { decided, result } = await withConflicts(() =>
      services.database.asTenant(caller.tenantId, (repositories) => decide(repositories, caller, row, apply)),
    );
    prepared.applied?.(result);
    emitDecided(services, decided);
    return viewChangeRequest(decided);
  } catch (error) {
    if (error instanceof ApiError && error.code === "CHANGE_REQUEST_STALE") await giveUp(services, caller, row, error);
    throw error;
  }
}

/** Nobody approves what they did not see. */
function assertSeen({ version, id }: ChangeRequestRow, seenVersion: number): void {
  if (version === seenVersion) return;
  throw new ApiError(
    "PRECONDITION_FAILED",
    `The change request ${id} is at version ${version}: something was decided or said since. Read it again.`,
  );
}

async function decide(
  repositories: TenantRepositories,
  caller: Caller,
  row: ChangeRequestRow,
  apply: (repositories: TenantRepositories) => Promise<Changed>,
) {
  const { changeRequests, users } = repositories;
  // The row first: rivals wait here, and find it decided.
  const decision = { from: "pending", version: row.version, when: "in_time", status: "approved" } as const;
  const decided = await changeRequests.decide(row.id, { ...decision, decidedBy: caller.userId });
  if (decided === undefined) throw await whyNot(repositories, row);
  const roles = await rolesOfRequester(repositories, await users.findById(row.requestedBy));
  if (!isAllowed(roles, findChangeKind(row.kind).permission)) {
    throw stale("Whoever asked for it may not make such changes any more");
  }
  const result = await applyTo(repositories, row, apply);
  await assertNoEmergency(changeRequests, contextOf(row).target);
  await tellOfChange(repositories, byCaller(caller), "approved", decided, { appliedVersion: result.version });
  return { decided, result };
}

async function applyTo(
  repositories: TenantRepositories,
  row: ChangeRequestRow,
  apply: (repositories: TenantRepositories) => Promise<Changed>,
) {
  try {
    return await apply(repositories);
  } catch (error) {
    if (error instanceof StaleVersionError)
      throw stale(`It was made for version ${row.targetVersion}. ${error.message}`);
    if (error instanceof NotFoundError) throw stale("What it was made for is gone");
    throw error;
  }
}

function stale(words: string): ApiError {
  return new ApiError(
    "CHANGE_REQUEST_STALE",
    `${words.replace(/\.$/, "")}. Nothing was changed; ask for the change anew.`,
  );
}

/** Of two who decide at once, what the second one is told. */
async function whyNot({ changeRequests }: TenantRepositories, { id, version }: ChangeRequestRow): Promise<Error> {
  const now = await changeRequests.findById(id);
  if (now === undefined) return new NotFoundError("There is no such change request.");
  if (now.status !== "pending") return alreadyDecided(now);
  if (now.version === version) return alreadyDecided({ id, status: "expired" });
  return new ApiError("PRECONDITION_FAILED", `The change request ${id} is at version ${now.version}. Read it again.`);
}

/** A change that can never be applied any more is not left waiting. */
async function giveUp(services: Services, caller: Caller, row: ChangeRequestRow, error: ApiError): Promise<void> {
  const given = await services.database.asTenant(caller.tenantId, async (repositories) => {
    const decision = { from: "pending", status: "stale", reason: error.message, keepsPayload: givesBack(row) } as const;
    const decided = await repositories.changeRequests.decide(row.id, decision);
    if (decided) await tellOfChange(repositories, byCaller(caller), "stale", decided, { reason: error.message });
    return decided;
  });
  if (given === undefined) return;
  emitDecided(services, given);
  await disposeOf(services, given);
}
