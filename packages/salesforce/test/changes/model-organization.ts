import type {
  ChangeFeed,
  ChangeRow,
  DeletionLog,
  Position,
  RowPage,
  RowRange,
  RowState,
} from "../../src/changes/change-feed.js";

/** A record as the model keeps it. */
interface ModelRow {
  readonly id: string;
  stampMs: number;
  deleted: boolean;
  value: number;
}

/** A transaction that has stamped its records and that nobody sees yet. */
interface OpenTransaction {
  readonly commitAtMs: number;
  readonly ids: readonly string[];
  apply(): void;
}

const minuteMs = 60_000;

/**
 * An object of an organisation as Salesforce describes it: records get their stamps when they are written and are seen when
 * their transaction is committed; a deleted one stays as a row until the recycle bin is emptied, and in the log of deletions;
 * a query that has begun keeps its records and their order, and gives each as it is by then.
 */
export class ModelOrganization implements ChangeFeed {
  readonly tellsDeletions = true;
  nowMs = Date.UTC(2026, 0, 1);
  readonly #pageSize: number;
  readonly #rows = new Map<string, ModelRow>();
  readonly #log: Position[] = [];
  #open: OpenTransaction[] = [];
  #queries = new Map<string, readonly string[]>();
  #count = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** Lets time go by, and transactions end in it. */
  advance(ms: number): void {
    this.nowMs += ms;
    const due = this.#open.filter(({ commitAtMs }) => commitAtMs <= this.nowMs);
    this.#open = this.#open.filter((each) => !due.includes(each));
    for (const transaction of due) transaction.apply();
  }

  /** Writes in a transaction that takes so long. Records that another one holds are left alone. */
  write(kind: "create" | "update" | "delete" | "undelete" | "purge", at: number, size: number, takesMs: number): void {
    const stampMs = this.nowMs;
    const held = new Set(this.#open.flatMap(({ ids }) => ids));
    const free = [...this.#rows.keys()].filter((id) => !held.has(id));
    const ids =
      kind === "create"
        ? Array.from({ length: size }, () => this.#nextId())
        : Array.from(
            { length: Math.min(size, free.length) },
            (_unused, index) => free[(at + index) % free.length] ?? "",
          );
    const apply = () => {
      for (const id of new Set(ids)) this.#apply(kind, id, stampMs);
    };
    if (takesMs === 0) apply();
    else this.#open.push({ commitAtMs: this.nowMs + takesMs, ids, apply });
  }

  /** What lives: its value by id. */
  living(): Record<string, number> {
    return Object.fromEntries(
      [...this.#rows.values()].filter(({ deleted }) => !deleted).map(({ id, value }) => [id, value]),
    );
  }

  async now(): Promise<number> {
    return this.nowMs;
  }

  async rows({ fromMs, untilMs, after }: RowRange): Promise<RowPage> {
    const found = [...this.#rows.values()]
      .filter(({ stampMs }) => stampMs < untilMs && stampMs >= (fromMs ?? 0))
      .filter((row) => after === undefined || compare(row, after) > 0)
      .filter(({ deleted }) => fromMs !== undefined || !deleted)
      .sort(compare)
      .map(({ id }) => id);
    return this.#page(found);
  }

  async more(next: string): Promise<RowPage | undefined> {
    const rest = this.#queries.get(next);
    return rest && this.#page(rest);
  }

  /** What a person in a hurry does: all queries under way are let go of. */
  forgetQueries(): void {
    this.#queries.clear();
  }

  async deletions(fromMs: number, untilMs: number): Promise<DeletionLog> {
    const [startMs, endMs] = [Math.floor(fromMs / minuteMs) * minuteMs, Math.floor(untilMs / minuteMs) * minuteMs];
    const deletions = this.#log.filter(({ stampMs }) => stampMs >= startMs && stampMs < endMs).sort(compare);
    return { deletions, coveredUntilMs: endMs };
  }

  async states(ids: readonly string[]): Promise<ReadonlyMap<string, RowState>> {
    const rows = ids.map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
    return new Map(rows.map(({ id, deleted, stampMs }) => [id, { deleted, stampMs }]));
  }

  #page(ids: readonly string[]): RowPage {
    const rows = ids
      .slice(0, this.#pageSize)
      .map((id) => this.#rows.get(id))
      .filter((row) => row !== undefined)
      .map(toChangeRow);
    const rest = ids.slice(this.#pageSize);
    if (rest.length === 0) return { rows, done: true };
    const next = `query-${this.#next()}`;
    this.#queries.set(next, rest);
    return { rows, done: false, next };
  }

  #apply(kind: string, id: string, stampMs: number): void {
    const row = this.#rows.get(id);
    if (kind === "create") {
      this.#rows.set(id, { id, stampMs, deleted: false, value: this.#next() });
    } else if (row && kind === "purge") {
      if (!row.deleted) this.#log.push({ id, stampMs });
      this.#rows.delete(id);
    } else if (row && row.deleted === (kind === "undelete")) {
      if (kind === "delete") this.#log.push({ id, stampMs });
      Object.assign(row, { stampMs, deleted: kind === "delete", value: this.#next() });
    }
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #nextId(): string {
    return `001${String(this.#next()).padStart(12, "0")}AAA`;
  }
}

function toChangeRow({ id, stampMs, deleted, value }: ModelRow): ChangeRow {
  return { id, stampMs, deleted, record: { Id: id, value } };
}

function compare(one: Position, other: Position): number {
  return one.stampMs - other.stampMs || (one.id < other.id ? -1 : Number(one.id > other.id));
}
