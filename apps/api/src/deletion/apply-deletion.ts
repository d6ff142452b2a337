import type { AuditNote } from "../approval/change-kind.js";
import type { ConnectorRow, TenantRepositories } from "../repositories/index.js";
import { defaultDeletedRetentionDays, type Services } from "../services.js";
import { assertDeletable } from "./deletion-rule.js";

const dayMs = 86_400_000;

/** Which connector is deleted, restored or purged. */
export interface DeletionRequest {
  readonly id: string;
  /** Only when it is still at this version; `undefined` = at any. */
  readonly expectedVersion: number | undefined;
}

/**
 * The part of a deletion inside its unit of work, whoever asked for it. Nothing is prepared before it. Afterwards, once it is
 * committed, {@link afterDeletion}.
 *
 * @returns the connector as it is now, deleted.
 * @throws {NotFoundError} also when it is deleted already.
 * @throws {StaleVersionError}
 * @throws {ApiError} what a rule refuses with, such as `OPERATION_RUN_UNFINISHED`.
 */
export async function applyDeletion(
  { settings, deletionRules }: Pick<Services, "settings" | "deletionRules">,
  work: TenantRepositories,
  note: AuditNote,
  { id, expectedVersion }: DeletionRequest,
): Promise<ConnectorRow> {
  const { deletedRetentionDays = defaultDeletedRetentionDays } = settings;
  // First: it locks the row, so that what the rules look for is either there by now or not made any more.
  const row = await work.connectors.softDelete(id, expectedVersion);
  await assertDeletable(deletionRules, work, { kind: "connector", connectorId: id });
  const purgeAt = await work.connectorDeletions.note(id, deletedRetentionDays * dayMs);
  const details = { code: row.connectorCode, type: row.connectorType, purgeAt: purgeAt.toISOString() };
  await note("connector.deleted", details, { before: { ...row, deletedAt: null }, after: row });
  return row;
}

/** What follows a committed {@link applyDeletion}. */
export function afterDeletion({ pool, events }: Pick<Services, "pool" | "events">, row: ConnectorRow): void {
  pool.drop(row.id);
  const { connectorType: type, tenantId, id: connectorId } = row;
  events.emit("connector.deleted", { connection: { type, tenantId, connectorId } });
}
