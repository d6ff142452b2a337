import type { z } from "zod";
import type { RowChange } from "../audit/row-digester.js";
import type { Permission } from "../authorization/index.js";
import type { TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";

/** What a change is for. */
export interface ChangeTarget {
  readonly type: "connector" | "inbound_endpoint" | "schedule";
  readonly id: string;
  /** The version that the change was made for; `null` = it does not exist yet. */
  readonly version: number | null;
}

/** Where a change is applied, and for whom. */
export interface ChangeContext {
  readonly tenantId: string;
  readonly target: ChangeTarget;
  /** The user whose wish it is, which is not who approves it. */
  readonly requestedBy: string;
}

/**
 * Writes an audit event of the change in the unit of work that applies it, with digests of the target's row.
 *
 * @param action - Such as `connector.updated`.
 * @param details - Facts without secrets.
 */
export type AuditNote = (action: string, details: object, row: RowChange) => Promise<void>;

/** What a change is applied to, afterwards. */
export interface Changed {
  readonly version: number;
}

/** A change that is ready: what needs the vault or a vendor is done. */
export interface PreparedChange<Result extends Changed = Changed> {
  /**
   * Applies it to exactly the version that it was made for. Waits for nothing but the database.
   *
   * @throws {StaleVersionError} `CONFLICT`; {@link NotFoundError} when the target is gone.
   */
  apply(repositories: TenantRepositories, note: AuditNote): Promise<Result>;
  /** What follows once it is committed. Never throws. */
  applied?(result: Result): void;
}

/** What leads back from a change: a change itself, for the version that it has made. */
export interface UndoingChange {
  readonly kind: string;
  readonly change: object;
}

/**
 * One kind of change of which a second person may have to decide (strategy pattern). The routes' actions prove a request and
 * make a `Change` of it; whether that is applied at once or after an approval, it is by the same two steps here.
 *
 * A new kind is one file, and a line in `change-kinds.ts`.
 */
export interface ChangeKind<Change extends object = object, Result extends Changed = Changed> {
  /** Such as `connector.update`; stored with requests, so never renamed. */
  readonly name: string;
  /** What the requester has to be allowed, also at the time of the approval. */
  readonly permission: Permission;
  /** A change as it was sealed, perhaps by an older release. */
  readonly schema: z.ZodType<Change>;
  /** Makes it ready, outside of any unit of work. */
  prepare(services: Services, context: ChangeContext, change: Change): Promise<PreparedChange<Result>>;
  /**
   * What stands against it already when it is asked for, so that no second person is troubled with it. What is applied asks again,
   * by the same rules. A kind without it finds out then.
   *
   * @throws what applying it would throw.
   */
  assertPossible?(services: Services, repositories: TenantRepositories, target: ChangeTarget): Promise<void>;
  /**
   * What leads back from it, found out before it is applied; `undefined` = nothing does, so it cannot be an emergency.
   * A kind without it never can.
   */
  invert?(services: Services, context: ChangeContext, change: Change): Promise<UndoingChange | undefined>;
  /**
   * Gives back what the change holds, such as a grant, because it will not be applied. Doing it twice does no harm. A kind
   * without it holds nothing.
   */
  dispose?(services: Services, context: ChangeContext, change: Change): Promise<void>;
}
