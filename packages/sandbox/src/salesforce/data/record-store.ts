import type { Clock } from "../../shared/clock.js";
import { SalesforceError } from "../errors.js";
import type { FieldDefinition, FieldValue, ObjectDefinition, Row } from "../schema/definitions.js";
import { listObjects } from "../schema/schema.js";
import { ChangeJournal, type RecordChange } from "./change-journal.js";
import { maximumRowsPerObject, type PurgedRecord, RecordTable } from "./record-table.js";
import { toSalesforceDateTime } from "./time.js";

/** All records as plain data, to be kept across a restart. */
export interface RecordSnapshot {
  sequences: Record<string, number>;
  rows: Record<string, Row[]>;
}

/** What a deletion changed elsewhere: a record that went along (`field` is null) or a reference that became null. */
interface Dependent {
  object: ObjectDefinition;
  row: Row;
  field: FieldDefinition | null;
}

/** The records, in memory. Callers validate first; the store keeps ids, system fields, numbering and indexes. */
export class RecordStore {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #tables = new Map<string, RecordTable>();
  readonly #journal = new ChangeJournal();
  /** What went along with a deleted record, by its id, so that undelete brings it back. Not kept across a restart. */
  readonly #deletedWith = new Map<string, Dependent[]>();

  constructor(clock: Clock, onChange: () => void = () => {}) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.clear();
  }

  /** Forgets all records and starts the numbering again. */
  clear(): void {
    for (const object of listObjects()) this.#tables.set(object.name, new RecordTable(object));
    this.#deletedWith.clear();
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
    return this.#table(object).rows();
  }

  /** The record with this 18-character id, deleted or not. */
  get(object: ObjectDefinition, id: string): Row | undefined {
    return this.#table(object).get(id);
  }

  /** The records, not deleted, whose indexed field has this value, whatever the letter case. */
  findByIndex(object: ObjectDefinition, field: FieldDefinition, value: FieldValue): Row[] {
    return this.#table(object).find(field, value);
  }

  /**
   * Adds a record.
   *
   * @param values - Checked values by exact field name; system fields among them win over the server's own (for seeding).
   */
  insert(object: ObjectDefinition, values: Row, userId: string): Row {
    const table = this.#table(object);
    if (table.size >= maximumRowsPerObject) {
      throw new SalesforceError(403, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded");
    }
    const now = toSalesforceDateTime(this.#clock());
    const row = table.makeRow();
    Object.assign(row, {
      CreatedDate: now,
      CreatedById: userId,
      LastModifiedDate: now,
      LastModifiedById: userId,
      SystemModstamp: now,
    });
    if ("OwnerId" in row) row.OwnerId = userId;
    Object.assign(row, values);
    table.add(row);
    this.#onChange();
    this.#journal.add({ kind: "create", object, row, changed: [], userId }, () => table.drop(row));
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
    // What an earlier deletion left is of no use any more.
    if (dependents.length > 0) this.#deletedWith.set(id, dependents);
    else this.#deletedWith.delete(id);
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
    // What went along stays known: this may be taken back, and the next deletion writes it anew.
  }

  /** Removes a record without a trace, as a hard delete does. */
  purge(object: ObjectDefinition, row: Row, userId: string): void {
    if (row.IsDeleted !== true) this.remove(object, row, userId);
    this.#table(object).purge(row);
    this.#deletedWith.delete(String(row.Id));
    this.#onChange();
  }

  /** The records of an object that were removed without a trace, oldest first; not kept across a restart. */
  purged(object: ObjectDefinition): readonly PurgedRecord[] {
    return this.#table(object).purged();
  }

  snapshot(): RecordSnapshot {
    const tables = [...this.#tables];
    return {
      sequences: Object.fromEntries(tables.map(([name, table]) => [name, table.sequence])),
      rows: Object.fromEntries(tables.map(([name, table]) => [name, [...table.rows()]])),
    };
  }

  /** Fills an empty store with copies of the records. @returns false for anything that is not such a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isRecordSnapshot(snapshot)) return false;
    for (const [name, table] of this.#tables) {
      table.sequence = snapshot.sequences[name] ?? 0;
      for (const row of snapshot.rows[name] ?? []) table.add({ ...row });
    }
    this.#onChange();
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
    const now = toSalesforceDateTime(this.#clock());
    const touched = { LastModifiedDate: now, LastModifiedById: told.userId, SystemModstamp: now };
    table.assign(row, { ...changes, ...touched });
    this.#onChange();
    this.#journal.add({ kind, object, row, ...told }, () => table.assign(row, before));
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

  #table(object: ObjectDefinition): RecordTable {
    const table = this.#tables.get(object.name);
    if (table === undefined) throw new Error(`No table for ${object.name}.`);
    return table;
  }
}

function isRecordSnapshot(value: unknown): value is RecordSnapshot {
  return typeof value === "object" && value !== null && "rows" in value && "sequences" in value;
}
