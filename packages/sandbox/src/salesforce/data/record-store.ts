import type { Clock } from "../../shared/clock.js";
import { SalesforceError } from "../errors.js";
import { makeId } from "../ids.js";
import type { FieldDefinition, FieldValue, ObjectDefinition, Row } from "../schema/definitions.js";
import { listObjects } from "../schema/schema.js";
import { ChangeJournal, type RecordChange } from "./change-journal.js";
import { toSalesforceDateTime } from "./time.js";

/** All records as plain data, to be kept across a restart. */
export interface RecordSnapshot {
  sequences: Record<string, number>;
  rows: Record<string, Row[]>;
}

interface Table {
  rows: Map<string, Row>;
  /** Rows by the lower-cased value, for each field with an external id or a unique value. Deleted rows are not in it. */
  indexes: Map<string, Map<string, Set<Row>>>;
  sequence: number;
}

/** What a deletion changed elsewhere: a record that went along (`field` is null) or a reference that became null. */
interface Dependent {
  object: ObjectDefinition;
  row: Row;
  field: FieldDefinition | null;
}

/** What is still known of a record that was removed without a trace. */
export interface PurgedRecord {
  id: string;
  /** As Salesforce writes an instant. */
  deletedAt: string;
}

/** Records an object may have; more are refused with Salesforce's own STORAGE_LIMIT_EXCEEDED. */
export const maximumRowsPerObject = 100_000;

/** The records, in memory. Callers validate first; the store keeps ids, system fields, numbering and indexes. */
export class RecordStore {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #tables = new Map<string, Table>();
  readonly #journal = new ChangeJournal();
  /** What went along with a deleted record, by its id, so that undelete brings it back. Not kept across a restart. */
  readonly #purged = new Map<string, PurgedRecord[]>();
  readonly #deletedWith = new Map<string, Dependent[]>();

  constructor(clock: Clock, onChange: () => void = () => {}) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.clear();
  }

  /** Forgets all records and starts the numbering again. */
  clear(): void {
    for (const object of listObjects()) {
      const indexed = object.fields.filter((field) => field.externalId || field.unique);
      const indexes = new Map(indexed.map((field): [string, Map<string, Set<Row>>] => [field.name, new Map()]));
      this.#tables.set(object.name, { rows: new Map(), indexes, sequence: 0 });
    }
    this.#deletedWith.clear();
    this.#purged.clear();
    this.#onChange();
  }

  /**
   * Runs `work`; when it throws, or `keep` says no to its result, every change it made is taken back. May be nested.
   * Numbers and ids that were given are not given again.
   */
  transaction<Result>(work: () => Result, keep: (result: Result) => boolean = () => true): Result {
    return this.#journal.transaction(work, keep);
  }

  /** Hears of every change once it stands: those of a transaction together, when it ends; none that was taken back. */
  onRecordsChanged(listener: (changes: readonly RecordChange[]) => void): void {
    this.#journal.listen(listener);
  }

  /** Every record of an object in the order they were made, deleted ones too. */
  all(object: ObjectDefinition): Iterable<Row> {
    return this.#table(object).rows.values();
  }

  /** The record with this 18-character id, deleted or not. */
  get(object: ObjectDefinition, id: string): Row | undefined {
    return this.#table(object).rows.get(id);
  }

  /** The records, not deleted, whose indexed field has this value, whatever the letter case. */
  findByIndex(object: ObjectDefinition, field: FieldDefinition, value: FieldValue): Row[] {
    const found = this.#table(object).indexes.get(field.name)?.get(indexKey(value));
    return found === undefined ? [] : [...found];
  }

  /**
   * Adds a record.
   *
   * @param values - Checked values by exact field name; system fields among them win over the server's own (for seeding).
   */
  insert(object: ObjectDefinition, values: Row, userId: string): Row {
    const table = this.#table(object);
    if (table.rows.size >= maximumRowsPerObject) {
      throw new SalesforceError(403, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded");
    }
    table.sequence += 1;
    const now = toSalesforceDateTime(this.#clock());
    const row: Row = {};
    for (const field of object.fields) {
      if (field.compute !== null) continue;
      row[field.name] = field.autoNumber === null ? field.defaultValue : numberText(field.autoNumber, table.sequence);
    }
    Object.assign(row, { Id: makeId(object.keyPrefix, 1_000_000 + table.sequence * 7), IsDeleted: false });
    Object.assign(row, {
      CreatedDate: now,
      CreatedById: userId,
      LastModifiedDate: now,
      LastModifiedById: userId,
      SystemModstamp: now,
    });
    if ("OwnerId" in row) row.OwnerId = userId;
    Object.assign(row, values);
    table.rows.set(String(row.Id), row);
    this.#index(table, row);
    this.#onChange();
    this.#journal.add({ kind: "create", object, row, changed: [], userId }, () => {
      this.#unindex(table, row);
      table.rows.delete(String(row.Id));
    });
    return row;
  }

  /** Changes a record; what `changes` does not name stays. */
  update(object: ObjectDefinition, row: Row, changes: Row, userId: string): void {
    const changed = Object.keys(changes).filter((name) => (row[name] ?? null) !== (changes[name] ?? null));
    this.#write("update", object, row, changes, { changed, userId });
  }

  /** Marks a record as deleted, and those that cannot be without it; other references to it become null. */
  remove(object: ObjectDefinition, row: Row, userId: string): void {
    const id = String(row.Id);
    // What goes along is told together with it.
    const dependents = this.transaction(() => {
      this.#write("delete", object, row, { IsDeleted: true }, { changed: [], userId });
      return listObjects().flatMap((other) => this.#detach(other, object, id, userId));
    });
    if (dependents.length > 0) this.#deletedWith.set(id, dependents);
  }

  /** Brings a deleted record back, with the records that went along and the references that became null since. */
  undelete(object: ObjectDefinition, row: Row, userId: string): void {
    const id = String(row.Id);
    this.transaction(() => {
      this.#write("undelete", object, row, { IsDeleted: false }, { changed: [], userId });
      for (const { object: child, row: other, field } of this.#deletedWith.get(id) ?? []) {
        if (field === null && other.IsDeleted === true) this.undelete(child, other, userId);
        if (field !== null && other.IsDeleted !== true && other[field.name] === null) {
          this.update(child, other, { [field.name]: id }, userId);
        }
      }
    });
    this.#deletedWith.delete(id);
  }

  /** Removes a record without a trace, as a hard delete does. */
  purge(object: ObjectDefinition, row: Row, userId: string): void {
    if (row.IsDeleted !== true) this.remove(object, row, userId);
    this.#table(object).rows.delete(String(row.Id));
    const log = this.#purged.get(object.name) ?? [];
    log.push({ id: String(row.Id), deletedAt: String(row.SystemModstamp) });
    this.#purged.set(object.name, log.slice(-maximumRowsPerObject));
    this.#onChange();
  }

  /** The records of an object that were removed without a trace, oldest first; not kept across a restart. */
  purged(object: ObjectDefinition): readonly PurgedRecord[] {
    return this.#purged.get(object.name) ?? [];
  }

  snapshot(): RecordSnapshot {
    const tables = [...this.#tables];
    return {
      sequences: Object.fromEntries(tables.map(([name, table]) => [name, table.sequence])),
      rows: Object.fromEntries(tables.map(([name, table]) => [name, [...table.rows.values()]])),
    };
  }

  /** @returns false for anything that is not such a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isRecordSnapshot(snapshot)) return false;
    for (const [name, table] of this.#tables) {
      table.sequence = snapshot.sequences[name] ?? 0;
      for (const row of snapshot.rows[name] ?? []) {
        table.rows.set(String(row.Id), row);
        this.#index(table, row);
      }
    }
    return true;
  }

  #write(
    kind: RecordChange["kind"],
    object: ObjectDefinition,
    row: Row,
    changes: Row,
    told: Pick<RecordChange, "changed" | "userId">,
  ): void {
    const table = this.#table(object);
    const before = { ...row };
    this.#unindex(table, row);
    Object.assign(row, changes);
    this.#touch(row, told.userId);
    this.#index(table, row);
    this.#onChange();
    this.#journal.add({ kind, object, row, ...told }, () => {
      this.#unindex(table, row);
      Object.assign(row, before);
      this.#index(table, row);
    });
  }

  #detach(child: ObjectDefinition, parent: ObjectDefinition, parentId: string, userId: string): Dependent[] {
    const dependents: Dependent[] = [];
    for (const field of child.fields.filter(({ referenceTo }) => referenceTo.includes(parent.name))) {
      for (const row of this.all(child)) {
        if (row[field.name] !== parentId || row.IsDeleted === true) continue;
        if (field.cascadeDelete) this.remove(child, row, userId);
        else if (field.nillable) this.update(child, row, { [field.name]: null }, userId);
        else continue;
        dependents.push({ object: child, row, field: field.cascadeDelete ? null : field });
      }
    }
    return dependents;
  }

  #touch(row: Row, userId: string): void {
    const now = toSalesforceDateTime(this.#clock());
    Object.assign(row, { LastModifiedDate: now, LastModifiedById: userId, SystemModstamp: now });
  }

  #index(table: Table, row: Row): void {
    if (row.IsDeleted === true) return;
    for (const [name, index] of table.indexes) {
      const value = row[name] ?? null;
      if (value === null) continue;
      const rows = index.get(indexKey(value)) ?? new Set();
      index.set(indexKey(value), rows.add(row));
    }
  }

  #unindex(table: Table, row: Row): void {
    for (const [name, index] of table.indexes) {
      const rows = index.get(indexKey(row[name] ?? null));
      rows?.delete(row);
      if (rows?.size === 0) index.delete(indexKey(row[name] ?? null));
    }
  }

  #table(object: ObjectDefinition): Table {
    const table = this.#tables.get(object.name);
    if (table === undefined) throw new Error(`No table for ${object.name}.`);
    return table;
  }
}

function isRecordSnapshot(value: unknown): value is RecordSnapshot {
  return typeof value === "object" && value !== null && "rows" in value && "sequences" in value;
}

function indexKey(value: FieldValue): string {
  return String(value).toLowerCase();
}

function numberText(format: string, sequence: number): string {
  return format.replace(/\{(0+)\}/, (_whole, zeros: string) => String(sequence).padStart(zeros.length, "0"));
}
