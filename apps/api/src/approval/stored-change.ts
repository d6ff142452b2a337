import { codeOf, validate } from "@isthmus/core";
import type { ChangeRequestRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { ChangeContext, ChangeKind, PreparedChange, UndoingChange } from "./change-kind.js";
import { findChangeKind } from "./change-kinds.js";
import { openChange } from "./sealed-change.js";

/** How long a vendor is asked again and again to revoke what is not wanted. */
const disposalMs = 86_400_000;

/** What a stored change is applied to, and for whom. */
export function contextOf(row: ChangeRequestRow, version: number | null = row.targetVersion): ChangeContext {
  const { tenantId, targetType, targetId: id, requestedBy } = row;
  const type = targetType === "inbound_endpoint" || targetType === "schedule" ? targetType : "connector";
  return { tenantId, target: { type, id, version }, requestedBy };
}

/** Makes a stored change ready to be applied, exactly as it was asked for. Throws as {@link openChange}. */
export async function prepareStored(services: Services, row: ChangeRequestRow): Promise<PreparedChange> {
  const { change } = await openChange(services.vault, row);
  return prepareNamed(services, contextOf(row), { kind: row.kind, change });
}

/** Makes a change of a kind that is known by its name ready. */
export function prepareNamed(
  services: Services,
  context: ChangeContext,
  { kind: name, change }: UndoingChange,
): Promise<PreparedChange> {
  const kind = findChangeKind(name);
  return kind.prepare(services, context, validate(kind.schema, change, "stored change"));
}

/** Whether a request that is not applied has something to give back. */
export function givesBack({ kind }: Pick<ChangeRequestRow, "kind">): boolean {
  return findChangeKind(kind).dispose !== undefined;
}

/** Gives back what a request holds; its payload stays. Doing it twice does no harm. @throws what the vendor or the vault says. */
export async function giveBack(services: Services, row: ChangeRequestRow): Promise<void> {
  const kind: ChangeKind = findChangeKind(row.kind);
  if (!kind.dispose || row.payload === null) return;
  const { change } = await openChange(services.vault, row);
  await kind.dispose(services, contextOf(row), validate(kind.schema, change, "stored change"));
}

/**
 * Gives back what a request holds that was decided against, and destroys its payload. What fails is logged, and done again by
 * a worker.
 */
export async function disposeOf(services: Services, row: ChangeRequestRow): Promise<void> {
  if (row.payload === null) return;
  try {
    await giveBack(services, row);
    await services.database.asTenant(row.tenantId, ({ changeRequests }) => changeRequests.forgetPayload(row.id));
  } catch (error) {
    const about = { tenantId: row.tenantId, changeRequestId: row.id, err: error };
    if (services.clock.now() - (row.decidedAt?.getTime() ?? 0) < disposalMs) {
      services.logger.warn(about, "What a change request holds could not be given back; trying again");
      return;
    }
    services.logger.error(
      about,
      "What a change request holds was destroyed and may live on at the vendor: revoke it there",
    );
    await services.database.asTenant(row.tenantId, async ({ changeRequests, auditEvents }) => {
      await changeRequests.forgetPayload(row.id);
      const facts = {
        action: "change_request.grant_abandoned",
        targetType: "change_request",
        targetId: row.id,
      } as const;
      await auditEvents.append({ ...facts, outcome: "failure", details: { code: codeOf(error) } });
    });
  }
}
