/** A moment and the record that was read last of those that share it. */
export interface Position {
  /** Epoch milliseconds. */
  readonly stampMs: number;
  readonly id: string;
}

/** A record as it is at Salesforce. */
export interface ChangeRow extends Position {
  /** In the recycle bin. */
  readonly deleted: boolean;
  /** Id of the record that it was merged into. */
  readonly mergedInto?: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Rows in the order of {@link Position}. */
export interface RowPage {
  readonly rows: readonly ChangeRow[];
  /** Nothing follows. */
  readonly done: boolean;
  /** Where the same query goes on. Missing though it is not done: ask anew, from the last position. */
  readonly next?: string;
}

/** What rows are asked for. */
export interface RowRange {
  /** Epoch milliseconds, from then on. Missing: from the beginning, without what is deleted. */
  readonly fromMs?: number | undefined;
  /** Epoch milliseconds, before then. */
  readonly untilMs: number;
  /** What is read already. */
  readonly after?: Position | undefined;
}

/** The log of deletions, which knows also what no query finds any more. */
export interface DeletionLog {
  /** In the order of {@link Position}; its moment is that of the deletion. */
  readonly deletions: readonly Position[];
  /** Epoch milliseconds up to which it is complete: transactions that began before may still be at work. */
  readonly coveredUntilMs: number;
}

/** What a record is now. */
export interface RowState {
  readonly deleted: boolean;
  /** Epoch milliseconds. */
  readonly stampMs: number;
}

/** One object of an organisation as a source of changes: what `readChanges` asks Salesforce. */
export interface ChangeFeed {
  /** Whether deletions are told at all. */
  readonly tellsDeletions: boolean;
  /** Epoch milliseconds at Salesforce. */
  now(signal: AbortSignal): Promise<number>;
  /** The first page of a range. */
  rows(range: RowRange, signal: AbortSignal): Promise<RowPage>;
  /** A further page. @returns `undefined` when Salesforce has let go of the query. */
  more(next: string, signal: AbortSignal): Promise<RowPage | undefined>;
  /**
   * What was deleted between two moments. @returns `undefined` where the object has no such log.
   * @throws {ConnectorError} `CURSOR_EXPIRED` when it does not reach back so far.
   */
  deletions(fromMs: number, untilMs: number, signal: AbortSignal): Promise<DeletionLog | undefined>;
  /** The present state of records; those that are gone altogether are missing. */
  states(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, RowState>>;
}
