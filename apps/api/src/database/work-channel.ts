import type { WorkKind } from "../repositories/index.js";

/** Tells other processes on the same database that there is work, and hears it from them. What is lost is found by looking. */
export interface WorkChannel {
  /** Never throws, and waits for nothing. */
  tell(kind: WorkKind): void;
  /** Has `hear` called each time when another process tells. */
  listen(hear: (kind: WorkKind) => void): void;
  close(): Promise<void>;
}
