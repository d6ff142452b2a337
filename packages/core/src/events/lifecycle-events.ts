import type { ConnectorErrorCode } from "../errors/index.js";

/** Whom an event is about. */
export interface ConnectionIdentity {
  /** The connector's type, such as `salesforce`. */
  readonly type: string;
  /** `undefined` in a program that has one tenant only. */
  readonly tenantId?: string;
  /** `undefined` in a program that does not store connectors. */
  readonly connectorId?: string;
}

/** Every event with what it tells. No event holds a secret, a request or a record. */
export interface LifecycleEvents {
  /** A connector was stored. */
  readonly "connector.created": { readonly connection: ConnectionIdentity };
  /** Its settings changed. */
  readonly "connector.updated": { readonly connection: ConnectionIdentity };
  /** It was deleted: nothing reaches it any more. Its tokens may be kept, so that it can be restored. */
  readonly "connector.deleted": { readonly connection: ConnectionIdentity };
  /** A deleted one is there again. */
  readonly "connector.restored": { readonly connection: ConnectionIdentity };
  /** A deleted one is gone for good, and its tokens with it. */
  readonly "connector.purged": {
    readonly connection: ConnectionIdentity;
    /** Whether its vendor never confirmed that the grant is gone. */
    readonly isGrantAlive: boolean;
  };
  /** A person has connected, or a first token was granted. */
  readonly "connector.connected": { readonly connection: ConnectionIdentity; readonly accountId?: string };
  /** The local tokens are destroyed. `revoked` tells whether the vendor confirmed the revocation. */
  readonly "connector.disconnected": { readonly connection: ConnectionIdentity; readonly revoked: boolean };
  /** A new token set is stored; `version` is its number. */
  readonly "token.refreshed": { readonly connection: ConnectionIdentity; readonly version: number };
  /** A renewal failed. The next try may still succeed. */
  readonly "token.refresh_failed": {
    readonly connection: ConnectionIdentity;
    readonly code: ConnectorErrorCode;
    /** Failures in a row. */
    readonly failures: number;
  };
  /** Only a person can mend this connection. */
  readonly "connector.reconnect_required": {
    readonly connection: ConnectionIdentity;
    readonly code: ConnectorErrorCode;
  };
  /** A change of a production connector was asked for, and waits for an approver. */
  readonly "change.requested": { readonly connection: ConnectionIdentity; readonly changeRequestId: string };
  /** It was decided: `status` is approved, rejected, withdrawn, expired, stale, confirmed, rolled_back or rollback_failed. */
  readonly "change.decided": {
    readonly connection: ConnectionIdentity;
    readonly changeRequestId: string;
    readonly status: string;
  };
  /** A production connector was changed at once, for others to confirm: somebody should look. */
  readonly "change.emergency": {
    readonly connection: ConnectionIdentity;
    readonly changeRequestId: string;
    readonly reason: string;
  };
  /**
   * What is used of a limit that the vendor sets. Told when that has changed noticeably, not with each answer. Several
   * connectors to one account tell of the same limit.
   */
  readonly "limit.observed": {
    readonly connection: ConnectionIdentity;
    /** The vendor's name of it, such as `api-usage`. */
    readonly limit: string;
    readonly used: number;
    readonly max: number;
    /** The stretch of time that it counts, in milliseconds; `undefined` where it is something else than a count over time. */
    readonly windowMs?: number;
  };
  /** A run that reads an entity into records ended. */
  readonly "sync.ended": {
    readonly connection: ConnectionIdentity;
    readonly runId: string;
    readonly entity: string;
    /** `undefined` when it succeeded; `CANCELLED` when somebody wished its end. */
    readonly code?: string;
  };
  /** A connector works better or worse than before. */
  readonly "connector.health_changed": {
    readonly connection: ConnectionIdentity;
    /** `undefined` = it is the first time that somebody looks. */
    readonly from?: string | undefined;
    /** healthy, degraded, failing or reconnect_required. */
    readonly to: string;
  };
  /** An operation ended, well or not. */
  readonly "operation.completed": {
    readonly connection: ConnectionIdentity;
    readonly operation: string;
    readonly durationMs: number;
    /** `undefined` when it succeeded. */
    readonly code?: ConnectorErrorCode;
  };
}

/** The name of a lifecycle event. */
export type LifecycleEventName = keyof LifecycleEvents;
