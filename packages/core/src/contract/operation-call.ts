import type { BinaryContent } from "./binary-content.js";

/** What one call of an operation brings along. */
export interface OperationCall {
  /** Ends the work when aborted: `CANCELLED`. */
  readonly signal: AbortSignal;
  /** The caller's key for this write, where the operation takes one; the same key must never have two effects. */
  readonly idempotencyKey?: string;
  /** Epoch milliseconds at which the first call with that key began, for vendors who ask: the same with each repetition. */
  readonly firstCalledAtMs?: number;
  /** The request's bytes: present exactly where the operation consumes another media type than JSON. */
  readonly content?: BinaryContent;
}
