import { NotFoundError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { SyncRunFilter } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";
import { type SyncRunView, viewSyncRun } from "./sync-run-view.js";

/** The tenant's runs of syncs, newest first. */
export async function listSyncRuns(
  services: Services,
  caller: Caller,
  { filter, ...request }: ListRequest & { readonly filter: SyncRunFilter },
): Promise<ListAnswer<SyncRunView>> {
  await assertAllowed(services, caller, "schedules.read");
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ syncRuns }) => syncRuns.list(filter, page));
  return toListAnswer(found, viewSyncRun);
}

/** What happened in a run, in its order. @throws {NotFoundError} */
export async function listSyncRunLines(
  services: Services,
  caller: Caller,
  { id, ...request }: ListRequest & { readonly id: string },
) {
  await getSyncRun(services, caller, id);
  const page = toPageRequest(request);
  const found = await services.database.asTenant(caller.tenantId, ({ syncRunLines }) => syncRunLines.list(id, page));
  return toListAnswer(found, ({ at, event, code, detail }) => ({ at: at.toISOString(), event, code, detail }));
}

/** One run. @throws {NotFoundError} also for another tenant's. */
export async function getSyncRun(services: Services, caller: Caller, id: string): Promise<SyncRunView> {
  await assertAllowed(services, caller, "schedules.read");
  const row = await services.database.asTenant(caller.tenantId, ({ syncRuns }) => syncRuns.findById(id));
  if (row) return viewSyncRun(row);
  throw new NotFoundError("There is no such run. One that has ended is kept for 30 days.");
}
