import type { RecordWriter } from "./record-writer.js";

/** An entity that the vendor offers, as its list names it. */
export interface EntitySummary {
  /** The vendor's own name: `Account`, `Invoice__c`. */
  readonly name: string;
  /** For people, as the vendor calls it. */
  readonly label: string;
  /** Whether the connected user may read its records. */
  readonly readable: boolean;
  /** Whether the connected user may create records of it. */
  readonly creatable: boolean;
  /** Whether the connected user may change its records. */
  readonly updatable: boolean;
  /** Whether the connected user may delete its records. */
  readonly deletable: boolean;
  /** Whether the customer made it: not part of the vendor's standard. */
  readonly custom: boolean;
}

/** One field of an entity. */
export interface EntityField {
  /** The vendor's own name: `AccountNumber`. */
  readonly name: string;
  /** For people, as the vendor calls it. */
  readonly label: string;
  /** The vendor's own type name. */
  readonly type: string;
  /** Whether creating a record without it is refused. */
  readonly required: boolean;
  /** Whether it may be given when a record is created. */
  readonly creatable: boolean;
  /** Whether it may be changed later. */
  readonly updatable: boolean;
  /** Whether no two records may have the same value. */
  readonly unique: boolean;
  /** Whether records may be addressed by it. */
  readonly externalId: boolean;
  /** In characters. */
  readonly maxLength?: number;
  /** The values of a choice. */
  readonly values?: readonly string[];
  /** Names of the entities that it points to. */
  readonly references?: readonly string[];
}

/** Everything that the vendor tells of an entity. */
export interface EntityDescription extends EntitySummary {
  /** Every field that the connected user may see. */
  readonly fields: readonly EntityField[];
}

/** Where a read stopped: versioned, opaque JSON, safe to store once its batch is stored. */
export interface EntityCursor {
  /** Version of the cursor's format; a connector refuses one that it does not know. */
  readonly v: number;
  readonly [key: string]: unknown;
}

/** One record that was created, changed or deleted. */
export interface EntityChange {
  /** The vendor's id of the record. */
  readonly id: string;
  /** Whether the record is gone at the vendor. */
  readonly deleted: boolean;
  /** The record as the vendor sent it, every field; `undefined` for a deletion. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds, as the vendor states it. */
  readonly modifiedAtMs?: number;
  /** Of a record that is gone because it was merged: the vendor's id of the one that is left. */
  readonly mergedInto?: string;
}

/** A batch of changes and where to go on after it. */
export interface EntityBatch {
  /** In the order in which they are to be applied. May be empty. */
  readonly changes: readonly EntityChange[];
  /** Where to go on once these changes are stored. */
  readonly cursor: EntityCursor;
}

/** The vendor's records as a source of data. */
export interface EntitySource {
  /** Every entity, from the vendor's own metadata. */
  list(signal: AbortSignal): Promise<readonly EntitySummary[]>;
  /** @throws {NotFoundError} when the vendor has no such entity. */
  describe(entity: string, signal: AbortSignal): Promise<EntityDescription>;
  /** Changes since `cursor`, all records without one. Missing: the connector's records cannot be followed. */
  read?(entity: string, cursor: EntityCursor | undefined, signal: AbortSignal): AsyncIterable<EntityBatch>;
  /**
   * A cursor for a read that begins in the past: {@link read} gives with it what was changed from then on and lives, and goes on from
   * there. What was deleted before the read is not told. Missing: reads begin with everything.
   *
   * @param sinceMs - Epoch milliseconds.
   * @throws {ConnectorError} `UNSUPPORTED` for an entity whose records do not say when they were changed.
   */
  startAt?(entity: string, sinceMs: number, signal: AbortSignal): Promise<EntityCursor>;
  /**
   * About how many records a read from the beginning gives, or from {@link startAt} of the same time: for estimates. Costs one
   * call. Missing, or `undefined`: the vendor does not tell.
   */
  count?(entity: string, sinceMs: number | undefined, signal: AbortSignal): Promise<number | undefined>;
  /**
   * Changes as they happen, for as long as it is read; without a cursor those from now on. The first batch comes
   * when the subscription stands, also without changes: what is changed after that is not missed. A change has the whole record, as `read` gives it,
   * though the vendor tells less. Its cursors are its own, not those of `read`.
   *
   * To have everything: subscribe, `read` once the first batch is there, and go on with the batches. `CURSOR_EXPIRED` says that
   * changes were lost: the same again.
   *
   * Missing: the vendor does not push changes.
   */
  subscribe?(entity: string, cursor: EntityCursor | undefined, signal: AbortSignal): AsyncIterable<EntityBatch>;
  /** Writes records in bulk, with an outcome for each and a policy for conflicts. Missing: the connector does not. */
  readonly writer?: RecordWriter;
}
