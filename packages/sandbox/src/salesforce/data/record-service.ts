import { storeBlobs, type Upload } from "../blobs/blob-input.js";
import type { BlobStore } from "../blobs/blob-store.js";
import { notFound, SalesforceError } from "../errors.js";
import { normalizeId } from "../ids.js";
import type { FieldDefinition, ObjectDefinition, Row } from "../schema/definitions.js";
import { findObjectOfId } from "../schema/schema.js";
import { coerceValue } from "./coerce.js";
import { assertRequired, assertUnique, checkRecord, type RecordInput } from "./record-input.js";
import type { RecordStore } from "./record-store.js";

/** Stage probabilities and closing dates: what the server fills in by itself when a record is written. */
export type FillIn = (object: ObjectDefinition, values: Row, before: Row | null, userId: string) => Row;

/** What happens right after a record is made, within the same transaction. */
export type AfterCreate = (object: ObjectDefinition, row: Row, userId: string) => void;

interface RecordServiceParts {
  store: RecordStore;
  blobs: BlobStore;
  fillIn: FillIn;
  afterCreate: AfterCreate;
}

/** Creating, reading, changing and deleting records with everything that Salesforce checks on the way. */
export class RecordService {
  readonly #store: RecordStore;
  readonly #parts: RecordServiceParts;

  constructor(parts: RecordServiceParts) {
    this.#store = parts.store;
    this.#parts = parts;
  }

  /** @param upload - The bytes of one field, where they came on their own. */
  create(object: ObjectDefinition, input: RecordInput, userId: string, upload?: Upload): Row {
    return this.#insert(object, checkRecord(this.#store, object, input, "create"), userId, upload);
  }

  /** The record by id for reading. @throws {SalesforceError} NOT_FOUND or ENTITY_IS_DELETED, both 404. */
  read(object: ObjectDefinition, id: string): Row {
    const normalized = normalizeId(id);
    if (normalized === undefined) {
      // One path segment after the object may also be meant as a field: this is what Salesforce says then.
      throw notFound(`Provided external ID field does not exist or is not accessible: ${id}`);
    }
    return this.#existing(object, normalized);
  }

  /** The record by id, where one that is not there is no failure. Deleted ones are not found. */
  find(object: ObjectDefinition, id: string): Row | undefined {
    const row = this.#store.get(object, normalizeId(id) ?? "");
    return row?.IsDeleted === true ? undefined : row;
  }

  /** @param upload - The bytes of one field, where they came on their own. */
  update(object: ObjectDefinition, id: string, input: RecordInput, userId: string, upload?: Upload): void {
    const row = this.#existing(object, assertId(id));
    this.#change(object, row, checkRecord(this.#store, object, input, "update"), userId, upload);
  }

  remove(object: ObjectDefinition, id: string, userId: string): void {
    this.#store.remove(object, this.#existing(object, assertId(id)), userId);
  }

  /** The records whose external id has this value: none, one, or, where the field is not unique, several. */
  findByExternalId(object: ObjectDefinition, field: FieldDefinition, value: string): Row[] {
    const key = coerceValue(field, value, "[line:1, column:1]");
    return key === null ? [] : this.#store.findByIndex(object, field, key);
  }

  /** Changes `existing`, or creates a record with that external id when it is `null`. */
  upsert(
    object: ObjectDefinition,
    key: { field: FieldDefinition; value: string },
    existing: Row | null,
    input: RecordInput,
    userId: string,
  ): { row: Row; created: boolean } {
    const keyFields = ["Id", key.field.name];
    if (existing !== null) {
      this.#change(object, existing, checkRecord(this.#store, object, input, "update", keyFields), userId);
      return { row: existing, created: false };
    }
    const values = checkRecord(this.#store, object, input, "create", keyFields);
    values[key.field.name] = coerceValue(key.field, key.value, "[line:1, column:1]");
    return { row: this.#insert(object, values, userId), created: true };
  }

  #insert(object: ObjectDefinition, given: Row, userId: string, upload?: Upload): Row {
    const values = storeBlobs(this.#parts.blobs, object, given, upload);
    assertRequired(object, values, "create");
    assertUnique(this.#store, object, values);
    return this.#store.transaction(() => {
      const filled = { ...values, ...this.#parts.fillIn(object, values, null, userId) };
      const row = this.#store.insert(object, filled, userId);
      this.#parts.afterCreate(object, row, userId);
      return row;
    });
  }

  #change(object: ObjectDefinition, row: Row, given: Row, userId: string, upload?: Upload): void {
    const changes = storeBlobs(this.#parts.blobs, object, given, upload);
    assertRequired(object, changes, "update");
    assertUnique(this.#store, object, changes, String(row.Id));
    this.#store.update(object, row, { ...changes, ...this.#parts.fillIn(object, changes, row, userId) }, userId);
  }

  #existing(object: ObjectDefinition, id: string): Row {
    const row = findObjectOfId(id) === object ? this.#store.get(object, id) : undefined;
    if (row === undefined) throw notFound();
    if (row.IsDeleted === true) throw new SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", []);
    return row;
  }
}

function assertId(id: string): string {
  const normalized = normalizeId(id);
  if (normalized === undefined) throw new SalesforceError(400, "MALFORMED_ID", `malformed id ${id}`, []);
  return normalized;
}
