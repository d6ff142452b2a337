import type { Idoc } from "../idoc.js";

/** An IDoc that was received. */
export interface InboxEntry {
  /** See `toIdocId`: the same for the same IDoc however often it arrives. */
  readonly id: string;
  /** Plain data: `JSON.stringify` keeps all of it. */
  readonly idoc: Idoc;
}

/**
 * Where received IDocs are kept until they are handled, and their ids after that. A table with a unique `id`, the IDoc as JSON
 * and a time of handling is all that it takes.
 */
export interface InboxStore {
  /**
   * Keeps an entry durably, unless it has one of this id already, handled or not. Two calls at once with one id: exactly one
   * gets true. SAP hears 200 after this resolves, and never sends the IDoc again.
   *
   * @returns whether it is new.
   */
  putIfAbsent(entry: InboxEntry): Promise<boolean>;
  /** Notes durably that an entry was handled. Calling it again changes nothing. The id stays known. */
  markHandled(id: string): Promise<void>;
  /** Entries that are not handled, in the order in which they came. Those that come meanwhile may be left out. */
  pending(): AsyncIterable<InboxEntry> | Iterable<InboxEntry>;
}
