import type { ODataResponse } from "./call.js";

/** A write that has been done; its answer is written afterwards. */
export interface DoneWrite {
  respond(): Promise<ODataResponse>;
  /** The path of a created entity, for `$1` in the rest of a change set. */
  createdPath?: string;
}
