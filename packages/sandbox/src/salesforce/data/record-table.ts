import { makeId } from "../ids.js";
import type { FieldDefinition, FieldValue, ObjectDefinition, Row } from "../schema/definitions.js";

/** What is still known of a record that was removed without a trace. */
export interface PurgedRecord {
  id: string;
  /** As Salesforce writes an instant. */
  deletedAt: string;
}

/** Records an object may have; more are refused with Salesforce's own STORAGE_LIMIT_EXCEEDED. */
export const maximumRowsPerObject = 100_000;

/** The records of one object, their numbering, and the indexes of its fields with external ids or unique values. */
export class RecordTable {
  readonly #object: ObjectDefinition;
  readonly #rows = new Map<string, Row>();
  /** Rows by the lower-cased value. Deleted rows are not in it. */
  readonly #indexes: ReadonlyMap<string, Map<string, Set<Row>>>;
  readonly #purged: PurgedRecord[] = [];
  /** How many records were ever made. */
  sequence = 0;

  constructor(object: ObjectDefinition) {
    this.#object = object;
    const indexed = object.fields.filter((field) => field.externalId || field.unique);
    this.#indexes = new Map(indexed.map((field) => [field.name, new Map<string, Set<Row>>()]));
  }

  get size(): number {
    return this.#rows.size;
  }

  /** In the order they were made, deleted ones too. */
  rows(): Iterable<Row> {
    return this.#rows.values();
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  /** The rows, not deleted, whose indexed field has this value, whatever the letter case. */
  find(field: FieldDefinition, value: FieldValue): Row[] {
    return [...(this.#indexes.get(field.name)?.get(indexKey(value)) ?? [])];
  }

  /** A record with its next id, its numbers and the defaults of its fields. It is not in the table yet. */
  makeRow(): Row {
    this.sequence += 1;
    const row: Row = {};
    for (const field of this.#object.fields) {
      if (field.compute !== null) continue;
      row[field.name] = field.autoNumber === null ? field.defaultValue : numberText(field.autoNumber, this.sequence);
    }
    return { ...row, Id: makeId(this.#object.keyPrefix, 1_000_000 + this.sequence * 7), IsDeleted: false };
  }

  add(row: Row): void {
    this.#rows.set(String(row.Id), row);
    this.#index(row);
  }

  drop(row: Row): void {
    this.#unindex(row);
    this.#rows.delete(String(row.Id));
  }

  /** Drops a record for good and remembers that it was there: the latest hundred thousand. */
  purge(row: Row): void {
    this.drop(row);
    this.#purged.push({ id: String(row.Id), deletedAt: String(row.SystemModstamp) });
    if (this.#purged.length > maximumRowsPerObject) this.#purged.shift();
  }

  /** Oldest first; not kept across a restart. */
  purged(): readonly PurgedRecord[] {
    return this.#purged;
  }

  /** Gives a record other values, and keeps the indexes right. */
  assign(row: Row, values: Row): void {
    this.#unindex(row);
    Object.assign(row, values);
    this.#index(row);
  }

  #index(row: Row): void {
    if (row.IsDeleted === true) return;
    for (const [name, index] of this.#indexes) {
      const value = row[name] ?? null;
      if (value === null) continue;
      const rows = index.get(indexKey(value)) ?? new Set();
      index.set(indexKey(value), rows.add(row));
    }
  }

  #unindex(row: Row): void {
    for (const [name, index] of this.#indexes) {
      const rows = index.get(indexKey(row[name] ?? null));
      rows?.delete(row);
      if (rows?.size === 0) index.delete(indexKey(row[name] ?? null));
    }
  }
}

function indexKey(value: FieldValue): string {
  return String(value).toLowerCase();
}

function numberText(format: string, sequence: number): string {
  return format.replace(/\{(0+)\}/, (_whole, zeros: string) => String(sequence).padStart(zeros.length, "0"));
}
