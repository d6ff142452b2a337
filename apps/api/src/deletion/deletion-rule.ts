import { ApiError, type ApiErrorCode } from "../errors/index.js";
import type { TenantRepositories } from "../repositories/index.js";

/** What is about to be deleted: one connector, or everything of the tenant. */
export type DeletionTarget = { readonly kind: "connector"; readonly connectorId: string } | { readonly kind: "tenant" };

/** What keeps it from being deleted. */
export interface DeletionObstacle {
  /** What stands in the way. */
  readonly ids: readonly string[];
  /** A sentence that names them and says what to do first. */
  readonly detail: string;
}

/**
 * A reason for which connectors may not be deleted.
 *
 * It is asked when a deletion of production is requested, and what counts: inside the unit of work that deletes, after the connector's row was changed, whichever way the deletion was
 * asked for. So whatever it looks for has to be made in a unit of work that first locks the connector's row
 * (`FOR SHARE`) and finds it active and not deleted, as `OperationRunRepository.begin` does: then it is either seen here, or not
 * made.
 */
export interface DeletionRule {
  /** What it looks for, such as `operation_run`. */
  readonly kind: string;
  /** What a refusal is answered with. */
  readonly code: ApiErrorCode;
  /**
   * Looks for what stands in the way. For a tenant only what its deletion does not end by itself.
   *
   * @returns `undefined` when nothing does.
   */
  findObstacle(work: TenantRepositories, target: DeletionTarget): Promise<DeletionObstacle | undefined>;
}

/**
 * Asks every rule.
 *
 * @throws {ApiError} with the code of the first rule that refuses, naming what all of them found; its issues are kinds and ids.
 */
export async function assertDeletable(
  rules: readonly DeletionRule[],
  work: TenantRepositories,
  target: DeletionTarget,
): Promise<void> {
  const found: (DeletionObstacle & Pick<DeletionRule, "code" | "kind">)[] = [];
  for (const rule of rules) {
    const obstacle = await rule.findObstacle(work, target);
    if (obstacle !== undefined) found.push({ code: rule.code, kind: rule.kind, ...obstacle });
  }
  const [first] = found;
  if (first === undefined) return;
  const issues = found.flatMap(({ kind, ids }) => ids.map((id) => ({ path: kind, message: id })));
  throw new ApiError(first.code, found.map(({ detail }) => detail).join(" "), { issues });
}
