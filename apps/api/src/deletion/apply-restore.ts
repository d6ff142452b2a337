import { ConflictError, NotFoundError } from "@isthmus/core";
import type { AuditNote } from "../approval/change-kind.js";
import { ApiError } from "../errors/index.js";
import type { ConnectorRow, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { DeletionRequest } from "./apply-deletion.js";

/** Which connector, and as what. */
export interface RestoreRequest extends DeletionRequest {
  /** Under another code; `undefined` = its own. */
  readonly code: string | undefined;
  /** Whether also after the time for it, as long as no purge was begun. Default: no. */
  readonly evenOverdue?: boolean;
}

/**
 * The part of a restore inside its unit of work, whoever asked for it. Nothing is prepared before it. Afterwards, once it is
 * committed, {@link afterRestore}.
 *
 * @returns the connector as it is now: as it was before its deletion, with its tokens.
 * @throws {NotFoundError} when there is no such connector among the deleted ones.
 * @throws {StaleVersionError}
 * @throws {ApiError} `RESTORE_TOO_LATE`.
 * @throws {ConflictError} when another connector has its code by now.
 */
export async function applyRestore(
  work: TenantRepositories,
  note: AuditNote,
  { id, expectedVersion, code, evenOverdue = false }: RestoreRequest,
): Promise<ConnectorRow> {
  const deleted = await work.connectors.findDeleted(id);
  const outcome = await work.connectorDeletions.takeBack(id, evenOverdue);
  if (deleted === undefined || outcome === "unknown") {
    throw new NotFoundError("There is no such connector among the deleted ones.");
  }
  if (outcome === "over") {
    throw new ApiError(
      "RESTORE_TOO_LATE",
      "The time for a restore is over: the connector's grant is being revoked, or is gone. Add a new connector.",
    );
  }
  const restoredCode = code ?? deleted.connectorCode;
  if ((await work.connectors.findByCode(restoredCode)) !== undefined) throw codeTaken(restoredCode);
  const row = await work.connectors.undelete(id, expectedVersion, code);
  const details = { code: row.connectorCode, ...(code !== undefined && { previousCode: deleted.connectorCode }) };
  await note("connector.restored", details, { before: deleted, after: row });
  return row;
}

/** What follows a committed {@link applyRestore}. */
export function afterRestore({ events }: Pick<Services, "events">, row: ConnectorRow): void {
  const { connectorType: type, tenantId, id: connectorId } = row;
  events.emit("connector.restored", { connection: { type, tenantId, connectorId } });
}

function codeTaken(code: string): ConflictError {
  return new ConflictError(
    `Another connector has the code "${code}" by now. Restore this one under a code of its own: { "code": "…" }.`,
  );
}
