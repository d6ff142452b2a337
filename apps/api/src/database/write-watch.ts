import { AsyncLocalStorage } from "node:async_hooks";
import type { TenantRepositories, TenantScope } from "../repositories/index.js";

/** Wants to know of every unit of work, of one tenant, that writes something. */
export interface WriteWatch {
  readonly tenantId: string;
  /** Whether it still wants to. */
  readonly isOpen: boolean;
  /** Called inside such a unit, when its work is done and before it is committed. Throwing rolls all of it back. */
  written(repositories: TenantRepositories): Promise<void>;
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

/** Tells the watch of this context, if any, that a unit of work has done its work. */
export async function tellWatch(scope: TenantScope, repositories: TenantRepositories): Promise<void> {
  const watch = current.getStore();
  if (watch?.isOpen !== true || watch.tenantId !== scope.tenantId) return;
  if (await scope.hasWritten()) await watch.written(repositories);
}
