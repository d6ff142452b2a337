import { newId } from "../database/index.js";
import type { ChangeDiffEntry, NewChangeRequest } from "../repositories/index.js";
import { defaultChangeRequestDays, type Services } from "../services.js";
import type { Changed, ChangeKind, ChangeTarget, UndoingChange } from "./change-kind.js";
import { sealChange } from "./sealed-change.js";

const dayMs = 86_400_000;

/** A change that an action has proven. */
export interface ProposedChange<Change extends object, Result extends Changed> {
  readonly kind: ChangeKind<Change, Result>;
  readonly target: ChangeTarget;
  /** What people call the target. */
  readonly targetName: string;
  readonly connectorType: string;
  readonly change: Change;
  readonly diff: readonly ChangeDiffEntry[];
  /** Whether the target is one of production, or becomes one. */
  readonly isProduction: boolean;
}

/**
 * A request as it is stored, its change sealed. May need the key provider: not in a unit of work.
 *
 * @param lifetimeMs - Default: what the settings say.
 */
export async function newRequest<Change extends object, Result extends Changed>(
  { vault, settings: { changeRequestDays = defaultChangeRequestDays } }: Services,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
  { kind, target, targetName, connectorType, change, diff }: Omit<ProposedChange<Change, Result>, "isProduction">,
  lifetimeMs: number = changeRequestDays * dayMs,
  undo?: UndoingChange,
): Promise<NewChangeRequest> {
  const id = newId();
  const digested = { kind: kind.name, targetId: target.id, targetVersion: target.version, change };
  return {
    id,
    kind: kind.name,
    targetType: target.type,
    targetId: target.id,
    targetVersion: target.version,
    targetName,
    connectorType,
    ...(await sealChange(vault, { tenantId, id }, digested, undo)),
    diff,
    requestedBy: userId,
    lifetimeMs,
  };
}
