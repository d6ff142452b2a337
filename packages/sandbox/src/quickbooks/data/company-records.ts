import type { Clock } from "../../shared/clock.js";
import { allEntities, type EntityDefinition } from "./entities.js";
import { isJsonObject } from "./json.js";
import type { ChangeListener, ChangeOperation, QuickbooksRecord, QuickbooksRecords } from "./records.js";
import { readTime } from "./time.js";

/** A record that was deleted: what change data capture tells of it. */
export interface Deletion {
  entity: string;
  id: string;
  /** Milliseconds since 1970. */
  time: number;
}

/** The records of one company as plain data. */
export interface CompanySnapshot {
  records: Record<string, readonly QuickbooksRecord[]>;
  sequences: Record<string, number>;
  deletions: readonly Deletion[];
}

/** Records that one entity may have; beyond it creating is refused. */
export const maximumRecords = 100_000;
const maximumDeletions = 20_000;

/**
 * The records of one company, in memory. Records are never changed in place, so whoever has read one keeps it.
 *
 * Writes belong into `transact`: all of them happen, or none.
 */
export class CompanyRecords implements QuickbooksRecords {
  readonly #realmId: string;
  readonly #clock: Clock;
  readonly #tables = new Map<string, Map<string, QuickbooksRecord>>();
  readonly #sequences = new Map<string, number>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #whenChanged: () => void;
  #deletions: Deletion[] = [];
  #undo: (() => void)[] | undefined;
  #changes: [entity: string, id: string, operation: ChangeOperation][] = [];

  /** @param whenChanged - Called after each write that a restart should remember. */
  constructor(realmId: string, clock: Clock, whenChanged: () => void) {
    this.#realmId = realmId;
    this.#clock = clock;
    this.#whenChanged = whenChanged;
    for (const { name } of allEntities()) this.#tables.set(name, new Map());
  }

  all(entity: string): readonly QuickbooksRecord[] {
    return [...this.#table(entity).values()];
  }

  get(entity: string, id: string): QuickbooksRecord | undefined {
    return this.#table(entity).get(id);
  }

  /** How many there are. */
  count(entity: string): number {
    return this.#table(entity).size;
  }

  /** Deleted records, oldest first. */
  deletions(): readonly Deletion[] {
    return this.#deletions;
  }

  /** Calls `listener` after every change. @returns how to stop. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A fresh id from the sequence of the entity's group. */
  nextId(definition: EntityDefinition): string {
    return String(this.nextNumber(definition.idGroup));
  }

  /** The next number of a sequence, starting after `first`. */
  nextNumber(sequence: string, first = 0): number {
    const before = this.#sequences.get(sequence);
    const next = (before ?? first) + 1;
    this.#sequences.set(sequence, next);
    this.#undo?.push(() =>
      before === undefined ? this.#sequences.delete(sequence) : this.#sequences.set(sequence, before),
    );
    return next;
  }

  /** Does `work`; when it throws, every write that it made is taken back. Listeners hear of it afterwards. */
  transact<Result>(work: () => Result): Result {
    if (this.#undo !== undefined) return work();
    this.#undo = [];
    this.#changes = [];
    try {
      const result = work();
      this.#undo = undefined;
      this.#tell();
      return result;
    } catch (error) {
      for (const step of this.#undo?.reverse() ?? []) step();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Writes a record. Without an `operation` nobody is told: a balance that follows from something else. */
  put(entity: string, record: QuickbooksRecord, operation?: ChangeOperation): void {
    const table = this.#table(entity);
    const before = table.get(record.Id);
    table.set(record.Id, record);
    this.#undo?.push(() => (before === undefined ? table.delete(record.Id) : table.set(record.Id, before)));
    if (operation !== undefined) this.#changes.push([entity, record.Id, operation]);
  }

  remove(entity: string, id: string): void {
    const table = this.#table(entity);
    const before = [...table];
    if (!table.delete(id)) return;
    const deletions = this.#deletions;
    this.#deletions = [...deletions, { entity, id, time: this.#clock() }].slice(-maximumDeletions);
    this.#undo?.push(() => {
      this.#deletions = deletions;
      table.clear();
      for (const [key, record] of before) table.set(key, record);
    });
    this.#changes.push([entity, id, "Delete"]);
  }

  /** Tells of something that changed no field, such as an e-mail. */
  note(entity: string, id: string, operation: ChangeOperation): void {
    this.#changes.push([entity, id, operation]);
  }

  /** Forgets everything. Listeners stay. */
  clear(): void {
    for (const table of this.#tables.values()) table.clear();
    this.#sequences.clear();
    this.#deletions = [];
    this.#whenChanged();
  }

  snapshot(): CompanySnapshot {
    return {
      records: Object.fromEntries([...this.#tables].map(([name, table]) => [name, [...table.values()]])),
      sequences: Object.fromEntries(this.#sequences),
      deletions: this.#deletions,
    };
  }

  /** @returns false for anything that is not such a snapshot; nothing is changed then. */
  restore(saved: unknown): boolean {
    if (!isCompanySnapshot(saved)) return false;
    for (const [name, table] of this.#tables) {
      for (const record of saved.records[name] ?? []) table.set(record.Id, record);
    }
    for (const [name, value] of Object.entries(saved.sequences)) this.#sequences.set(name, value);
    this.#deletions = [...saved.deletions];
    return true;
  }

  #tell(): void {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length > 0) this.#whenChanged();
    const time = new Date(this.#clock());
    for (const [entity, id, operation] of changes) {
      for (const listener of this.#listeners) listener({ realmId: this.#realmId, entity, id, operation, time });
    }
  }

  #table(entity: string): Map<string, QuickbooksRecord> {
    const table = this.#tables.get(entity);
    if (table === undefined) throw new Error(`There is no entity ${entity}.`);
    return table;
  }
}

/** When a record was changed last, in milliseconds since 1970. */
export function lastUpdated(record: QuickbooksRecord): number {
  const metaData = record.MetaData;
  const text = isJsonObject(metaData) ? metaData.LastUpdatedTime : undefined;
  return (typeof text === "string" ? readTime(text) : undefined) ?? 0;
}

// The file is the sandbox's own and carries a version: its outline is enough.
function isCompanySnapshot(value: unknown): value is CompanySnapshot {
  return isJsonObject(value) && "records" in value && "sequences" in value && "deletions" in value;
}
