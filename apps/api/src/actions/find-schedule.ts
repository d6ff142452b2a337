import { NotFoundError } from "@isthmus/core";
import type { SyncScheduleRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** What the database's clock shows: a schedule's times are counted from it, whichever process is asked. */
export function readScheduleTime({ database }: Services, tenantId: string): Promise<Date> {
  return database.asTenant(tenantId, ({ syncSchedules }) => syncSchedules.readTime());
}

/** The schedule of the caller's tenant. @throws {NotFoundError} also for another tenant's. */
export async function findSchedule({ database }: Services, tenantId: string, id: string): Promise<SyncScheduleRow> {
  const row = await database.asTenant(tenantId, ({ syncSchedules }) => syncSchedules.findById(id));
  if (row) return row;
  throw new NotFoundError("There is no such schedule.");
}
