import type { CallOptions } from "./call.js";
import type { ODataExchange } from "./exchange.js";
import type { ODataParts } from "./parts.js";

/** How the changes of a set are found where the service does not tell them itself. */
export interface ChangesOptions {
  /**
   * Whether to ask for delta links. Default: what the service's metadata says of the set.
   *
   * The Gateway tells deletions in v2 as Atom only, so by JSON they go unnoticed there, unless the service marks them in the record
   * (`ODQ_CHANGEMODE`). In v4 they are told.
   */
  readonly tracksChanges?: boolean;
  /** Property that holds when a record was last changed. Finds no deletions. Missing, and no delta links: every read is a full one. */
  readonly timestamp?: string;
  /**
   * Milliseconds before the last timestamp seen from which the next read starts: SAP stamps a record before it commits, so an older
   * stamp may become visible later. Default 60 000.
   */
  readonly overlapMs?: number;
  /**
   * Whether there may be records without a timestamp; they come with a first read only. Default: what the metadata says. False
   * where the service does not answer a condition with `null`.
   */
  readonly withoutTimestamp?: boolean;
  /** Records of a page by timestamp. Default 1 000. */
  readonly pageSize?: number;
  readonly select?: readonly string[];
}

/** What reading changes works with. */
export interface ChangeReading {
  readonly parts: ODataParts;
  readonly exchange: ODataExchange;
  readonly set: string;
  readonly options: ChangesOptions;
  readonly call: CallOptions;
}
