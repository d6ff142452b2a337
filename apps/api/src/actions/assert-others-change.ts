import type { Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";

/**
 * Keeps people from deciding about what they asked for: whichever key they use, and whatever roles they have by now. The
 * refusal is audited.
 *
 * @throws {ApiError} `OWN_CHANGE_REQUEST`.
 */
export async function assertOthersChange(services: Services, caller: Caller, row: ChangeRequestRow): Promise<void> {
  if (row.requestedBy !== caller.userId) return;
  const facts = { action: "change_request.decide", targetType: "change_request", targetId: row.id } as const;
  await services.database.asTenant(caller.tenantId, ({ auditEvents }) =>
    auditEvents.append(auditOf(caller, { ...facts, outcome: "denied", details: { code: "OWN_CHANGE_REQUEST" } })),
  );
  throw new ApiError(
    "OWN_CHANGE_REQUEST",
    "Somebody else has to decide about what you asked for. You can take it back: POST …/cancel.",
  );
}
