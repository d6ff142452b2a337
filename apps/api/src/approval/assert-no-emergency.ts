import { ApiError } from "../errors/index.js";
import type { ChangeRequestRepository } from "../repositories/index.js";
import type { ChangeTarget } from "./change-kind.js";

/**
 * Keeps everything as an emergency has left it until that is confirmed or rolled back: what it is rolled back to has to be
 * exact. Also a connector that the emergency has made one of the sandbox.
 *
 * @throws {ApiError} `EMERGENCY_UNCONFIRMED`, naming the request.
 */
export async function assertNoEmergency(
  changeRequests: ChangeRequestRepository,
  { type, id }: Pick<ChangeTarget, "type" | "id">,
): Promise<void> {
  const open = await changeRequests.findEmergency(type, id);
  if (open === undefined) return;
  throw new ApiError(
    "EMERGENCY_UNCONFIRMED",
    `It was changed in an emergency, and nothing else changes it until the change request ${open.id} is confirmed or rolled back.`,
  );
}
