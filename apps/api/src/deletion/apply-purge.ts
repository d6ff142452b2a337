import { ConflictError } from "@isthmus/core";
import type { AuditNote } from "../approval/change-kind.js";
import { newId, StaleVersionError } from "../database/index.js";
import type { ClaimedPurge, ConnectorRow, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import { applyDeletion, type DeletionRequest } from "./apply-deletion.js";
import { purgeLeaseMs } from "./carry-out-purge.js";
import { assertDeletable } from "./deletion-rule.js";

/** A purge that was begun. */
export interface BegunPurge {
  readonly row: ConnectorRow;
  /** `undefined` when a worker is at it already. */
  readonly claim: ClaimedPurge | undefined;
  /** Whether the connector was deleted for it: then `afterDeletion` follows, too. */
  readonly isFresh: boolean;
}

/**
 * The part of a purge on request inside its unit of work, whoever asked for it: deletes the connector unless it is deleted
 * already, and lets nobody restore it any more. Once it is committed, `carryOutPurge` asks the vendor; should nobody do that,
 * a worker does.
 *
 * @throws as `applyDeletion`, and {@link StaleVersionError} of a deleted one.
 */
export async function applyPurge(
  services: Pick<Services, "settings" | "deletionRules">,
  work: TenantRepositories,
  note: AuditNote,
  { id, expectedVersion }: DeletionRequest,
): Promise<BegunPurge> {
  const deleted = await work.connectors.findDeleted(id);
  const row = deleted ?? (await applyDeletion(services, work, note, { id, expectedVersion }));
  const attemptId = newId();
  const isClaimed = await work.connectorDeletions.begin(id, attemptId, purgeLeaseMs);
  if (isClaimed === undefined) throw new ConflictError("The connector was restored meanwhile.", { retryable: true });
  if (expectedVersion !== undefined && deleted !== undefined && deleted.version !== expectedVersion) {
    throw new StaleVersionError("connector", deleted.version);
  }
  await assertDeletable(services.deletionRules, work, { kind: "connector", connectorId: id });
  await note("connector.purge_requested", { code: row.connectorCode }, { before: row, after: row });
  const claim = { tenantId: work.tenantId, connectorId: id, attemptId, failures: 0, isLast: false };
  return { row, claim: isClaimed ? claim : undefined, isFresh: deleted === undefined };
}
