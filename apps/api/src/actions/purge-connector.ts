import { NotFoundError } from "@isthmus/core";
import { diffSettings } from "../approval/diff.js";
import { connectorPurge } from "../approval/kinds/connector-purge.js";
import { settingsOf, showSettings } from "../approval/kinds/connector-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { DeletionRequest } from "../deletion/apply-deletion.js";
import { carryOutPurge, type PurgeOutcome } from "../deletion/carry-out-purge.js";
import type { Services } from "../services.js";
import { assertVersion, atAnyVersion } from "./assert-version.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

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
 * Deletes a connector for good, also one that is deleted already, or asks for that where it is one of production: asks the
 * vendor to revoke its grant, then destroys its tokens and removes it. A vendor that is away is asked again by a worker; nobody
 * can restore the connector meanwhile.
 *
 * @param emergency - Nothing leads back from a purge, so none is an emergency.
 * @throws {NotFoundError}
 * @throws {ApiError} as `deleteConnector`; `EMERGENCY_UNSUPPORTED`.
 */
export async function purgeConnector(
  services: Services,
  caller: Caller,
  request: DeletionRequest,
  emergency?: string,
): Promise<ChangeOutcome<PurgeAnswer>> {
  await assertAllowed(services, caller, "connectors.write");
  return atAnyVersion(request.expectedVersion, () => purgeAt(services, caller, request, emergency));
}

async function purgeAt(
  services: Services,
  caller: Caller,
  { id, expectedVersion }: DeletionRequest,
  emergency: string | undefined,
): Promise<ChangeOutcome<PurgeAnswer>> {
  const row = await services.database.asTenant(
    caller.tenantId,
    async ({ connectors }) => (await connectors.findById(id)) ?? (await connectors.findDeleted(id)),
  );
  if (row === undefined) throw new NotFoundError("There is no such connector.");
  assertVersion("connector", row, expectedVersion);
  const isProduction = row.environment === "production";
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: connectorPurge,
      target: { type: "connector", id, version: row.version },
      targetName: row.connectorCode,
      connectorType: row.connectorType,
      change: {},
      diff: diffSettings({ type: row.connectorType, ...showSettings(settingsOf(row)) }, undefined),
      isProduction,
    },
    emergency,
  );
  if (outcome.outcome === "requested") return outcome;
  const { claim } = outcome.result;
  if (claim === undefined) return { ...outcome, result: { purged: false, revoked: false, code: null } };
  return { ...outcome, result: toAnswer(await carryOutPurge(services, claim, { caller, withinMs })) };
}

function toAnswer({ purged, grant }: PurgeOutcome): PurgeAnswer {
  return { purged, revoked: grant?.kind === "revoked", code: grant?.kind === "alive" ? grant.code : null };
}
