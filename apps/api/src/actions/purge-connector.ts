import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { afterDeletion, type DeletionRequest } from "../deletion/apply-deletion.js";
import { applyPurge } from "../deletion/apply-purge.js";
import { carryOutPurge, type PurgeOutcome } from "../deletion/carry-out-purge.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { withConflicts } from "./database-conflicts.js";

/** As long as a caller may be kept waiting for a vendor. */
const withinMs = 30_000;

/** How a purge went. */
export interface PurgeAnswer {
  /** Whether the connector is gone for good; otherwise a worker goes on. */
  readonly purged: boolean;
  /** Whether the vendor confirmed that the grant is gone. */
  readonly revoked: boolean;
  /** Why not, where there was one and the vendor was asked. */
  readonly code: string | null;
}

/**
 * Deletes a connector for good, also one that is deleted already: asks the vendor to revoke its grant, then destroys its
 * tokens and removes it. A vendor that is away is asked again by a worker; nobody can restore the connector meanwhile.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} as `deleteConnector`.
 */
export async function purgeConnector(
  services: Services,
  caller: Caller,
  request: DeletionRequest,
): Promise<PurgeAnswer> {
  await assertAllowed(services, caller, "connectors.write");
  const { tenantId } = caller;
  const found = await services.database.asTenant(
    tenantId,
    async ({ connectors }) => (await connectors.findById(request.id)) ?? (await connectors.findDeleted(request.id)),
  );
  if (found === undefined) throw new NotFoundError("There is no such connector.");
  assertSandbox(found.environment);
  const { row, claim, isFresh } = await withConflicts(() =>
    services.database.asTenant(tenantId, (work) => applyPurge(services, work, caller, request)),
  );
  if (isFresh) afterDeletion(services, row);
  if (claim === undefined) return { purged: false, revoked: false, code: null };
  return toAnswer(await carryOutPurge(services, claim, { caller, withinMs }));
}

function toAnswer({ purged, grant }: PurgeOutcome): PurgeAnswer {
  return { purged, revoked: grant?.kind === "revoked", code: grant?.kind === "alive" ? grant.code : null };
}
