import type { ObjectDefinition, Row } from "../schema/definitions.js";

/** One change of one record. */
export interface RecordChange {
  kind: "create" | "update" | "delete" | "undelete";
  object: ObjectDefinition;
  /** The stored record itself, as it stands after the change. Whoever keeps it copies it. */
  row: Row;
  /** Of an update: the fields that got another value. */
  changed: readonly string[];
  /** Who did it. */
  userId: string;
}

interface Entry {
  change: RecordChange;
  undo: () => void;
}

/** Remembers the changes of open transactions, so that they can be taken back, and tells of those that stand. */
export class ChangeJournal {
  readonly #listeners: ((changes: readonly RecordChange[]) => void)[] = [];
  #entries: Entry[] = [];
  #depth = 0;

  listen(listener: (changes: readonly RecordChange[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Notes a change that was just made. Outside a transaction it is told at once. */
  add(change: RecordChange, undo: () => void): void {
    if (this.#depth === 0) this.#tell([change]);
    else this.#entries.push({ change, undo });
  }

  /** Takes back what `work` changed when it throws or `keep` says no. All work is synchronous: nothing comes between. */
  transaction<Result>(work: () => Result, keep: (result: Result) => boolean): Result {
    const mark = this.#entries.length;
    this.#depth += 1;
    let stands = false;
    try {
      const result = work();
      stands = keep(result);
      return result;
    } finally {
      if (!stands) for (const { undo } of this.#entries.splice(mark).reverse()) undo();
      this.#depth -= 1;
      if (this.#depth === 0) this.#tell(this.#entries.splice(0).map(({ change }) => change));
    }
  }

  #tell(changes: readonly RecordChange[]): void {
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }
}
