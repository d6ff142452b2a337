import { AsyncLocalStorage } from "node:async_hooks";
import type { HeldKeyRepository } from "../repositories/index.js";

/** Wants to know of every unit of work, of one tenant or without one, that writes something. */
export interface WriteWatch {
  /** Whose units; `undefined` = those that are done without a tenant. */
  readonly tenantId: string | undefined;
  /** Whether it still wants to. */
  readonly isOpen: boolean;
  /** Called inside such a unit, when its work is done and before it is committed. Throwing rolls all of it back. */
  written(keys: HeldKeyRepository): Promise<void>;
}

/** What a unit of work tells a watch. */
export interface WatchedUnit {
  /** `undefined` = it is done without one. */
  readonly tenantId: string | undefined;
  readonly keys: HeldKeyRepository;
  /** Whether it has written anything. One that has locked rows counts as one that has. */
  hasWritten(): Promise<boolean>;
}

const current = new AsyncLocalStorage<WriteWatch | undefined>();

/** Runs `work`; every unit of work in its asynchronous context is watched. */
export function watchWrites<T>(watch: WriteWatch, work: () => T): T {
  return current.run(watch, work);
}

/** Runs `work` unwatched: what it writes is no effect of the request, such as a note that it was refused. */
export function unwatched<T>(work: () => T): T {
  return current.run(undefined, work);
}

/** Whether a watch of this context wants to know of units of this tenant. */
export function isWatched(tenantId: string | undefined): boolean {
  const watch = current.getStore();
  return watch?.isOpen === true && watch.tenantId === tenantId;
}

/** Tells the watch of this context, if any, that a unit of work has done its work. */
export async function tellWatch({ tenantId, keys, hasWritten }: WatchedUnit): Promise<void> {
  if (isWatched(tenantId) && (await hasWritten())) await current.getStore()?.written(keys);
}
