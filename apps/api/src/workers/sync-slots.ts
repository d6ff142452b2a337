import type { ClaimedSyncRun, SyncRoom } from "../repositories/index.js";

/**
 * Keeps a part of a worker's slots for what is not long: half of them for runs that do not read everything, and one for tenants
 * other than the one that has all others. A worker with one slot has no part to keep.
 */
export class SyncSlots {
  readonly #total: number;
  readonly #underWay = new Set<ClaimedSyncRun>();

  constructor(total: number) {
    this.#total = total;
  }

  /** What there is room for now. */
  get room(): SyncRoom {
    const runs = [...this.#underWay];
    const long = runs.filter(({ isLong }) => isLong).length;
    return {
      underWay: runs.map(({ tenantId }) => tenantId),
      tenantAtMost: Math.max(1, this.#total - 1),
      longAtMost: Math.max(0, Math.max(1, Math.floor(this.#total / 2)) - long),
    };
  }

  /** Counts runs that were taken, from now on. */
  take(claimed: readonly ClaimedSyncRun[]): void {
    for (const run of claimed) this.#underWay.add(run);
  }

  /** A run has ended. */
  leave(run: ClaimedSyncRun): void {
    this.#underWay.delete(run);
  }
}
