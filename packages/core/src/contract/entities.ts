/** An entity that the vendor offers, as its list names it. */
export interface EntitySummary {
  /** The vendor's own name: `Account`, `Invoice__c`. */
  readonly name: string;
  readonly label: string;
  /** Whether the connected user may read, create, update and delete records of it. */
  readonly readable: boolean;
  readonly creatable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
  readonly custom: boolean;
}

/** One field of an entity. */
export interface EntityField {
  readonly name: string;
  readonly label: string;
  /** The vendor's own type name. */
  readonly type: string;
  readonly required: boolean;
  readonly creatable: boolean;
  readonly updatable: boolean;
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
  readonly fields: readonly EntityField[];
}

/** Where a read stopped: versioned, opaque JSON, safe to store once its batch is stored. */
export interface EntityCursor {
  readonly v: number;
  readonly [key: string]: unknown;
}

/** One record that was created, changed or deleted. */
export interface EntityChange {
  /** The vendor's id of the record. */
  readonly id: string;
  readonly deleted: boolean;
  /** The record as the vendor sent it, every field; `undefined` for a deletion. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds, as the vendor states it. */
  readonly modifiedAtMs?: number;
}

/** A batch of changes and where to go on after it. */
export interface EntityBatch {
  readonly changes: readonly EntityChange[];
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
}
