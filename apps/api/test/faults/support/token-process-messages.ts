/** Where a process can be told to block. */
export type FaultPoint =
  | "before the claim"
  | "before the call"
  | "answered, before the commit"
  | "in the journal"
  | "after the commit";

/** What a process works on. */
export interface ProcessTask {
  readonly database: { readonly url: string } | { readonly dataDirectory: string };
  readonly keys: string;
  readonly vendorHost: string;
  readonly tenantId: string;
  readonly journalFolder: string;
  /** Default: nowhere. */
  readonly stopAt?: FaultPoint;
}

/** One operation of each connector, all at once. Answers `ok` or a code for each. */
export interface Operate {
  readonly do: "operate";
  readonly connectorIds: readonly string[];
}

/**
 * - `work`: one look of the worker, to its end. Answers how many were due.
 * - `replay`: brings the journal to the database. Answers how many are left.
 * - `go on`: from the point at which the process has blocked.
 */
export interface Act {
  readonly do: "work" | "replay" | "go on";
}

/** What a process is told to do. */
export type Order = Operate | Act;

/** An order by its number, which its answer repeats. */
export interface Command {
  readonly id: number;
  readonly order: Order;
}

/** What a process says. */
export type Reply =
  | { readonly ready: true }
  | { readonly at: FaultPoint }
  | { readonly id: number; readonly results: readonly string[] }
  | { readonly id: number; readonly failed: string };
