import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findConnector } from "./find-connector.js";
import { findSchedule, readScheduleTime } from "./find-schedule.js";
import { type ListAnswer, type ListRequest, toListAnswer, toPageRequest } from "./paging.js";
import { type ScheduleView, viewSchedule } from "./schedule-view.js";

/**
 * Schedules in the order of their making.
 *
 * @param connectorId - Those of this connector; `undefined` = all of the tenant.
 * @throws {NotFoundError} when there is no such connector.
 */
export async function listSchedules(
  services: Services,
  caller: Caller,
  connectorId: string | undefined,
  request: ListRequest,
): Promise<ListAnswer<ScheduleView>> {
  await assertAllowed(services, caller, "schedules.read");
  if (connectorId !== undefined) await findConnector(services, caller.tenantId, connectorId);
  const page = toPageRequest(request);
  const filter = connectorId === undefined ? {} : { connectorId };
  const { found, now } = await services.database.asTenant(caller.tenantId, async ({ syncSchedules }) => ({
    found: await syncSchedules.list(filter, page),
    now: await syncSchedules.readTime(),
  }));
  return toListAnswer(found, (row) => viewSchedule(row, now));
}

/** One schedule. @throws {NotFoundError} also for another tenant's. */
export async function getSchedule(services: Services, caller: Caller, id: string): Promise<ScheduleView> {
  await assertAllowed(services, caller, "schedules.read");
  const { tenantId } = caller;
  return viewSchedule(await findSchedule(services, tenantId, id), await readScheduleTime(services, tenantId));
}
