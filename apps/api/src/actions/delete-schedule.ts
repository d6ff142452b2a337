import { diffSettings } from "../approval/diff.js";
import { scheduleDelete } from "../approval/kinds/schedule-delete.js";
import { settingsOf } from "../approval/kinds/schedule-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { findConnector } from "./find-connector.js";
import { findSchedule } from "./find-schedule.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";
import { staleSchedule } from "./update-schedule.js";

/**
 * Removes a schedule, or asks for that where its connector is one of production. Its runs and records stay; a run that goes on
 * does so.
 *
 * @param expectedVersion - Only when it is still at this version; `undefined` = at any.
 * @throws {ApiError} `PRECONDITION_FAILED`.
 * @throws {NotFoundError}
 */
export async function deleteSchedule(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number | undefined,
  emergency?: string,
): Promise<ChangeOutcome<unknown>> {
  await assertAllowed(services, caller, "schedules.write");
  const row = await findSchedule(services, caller.tenantId, id);
  if (expectedVersion !== undefined && row.version !== expectedVersion) throw staleSchedule(row.version);
  const connector = await findConnector(services, caller.tenantId, row.connectorId);
  const proposed = {
    kind: scheduleDelete,
    target: { type: "schedule", id, version: row.version } as const,
    targetName: `${connector.connectorCode}: ${row.entity}`,
    connectorType: connector.connectorType,
    change: {},
    diff: diffSettings(settingsOf(row), undefined),
    isProduction: connector.environment === "production",
  };
  return submitChange(services, caller, proposed, emergency);
}
