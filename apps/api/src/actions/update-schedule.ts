import { diffSettings } from "../approval/diff.js";
import { assertBackfill, type ScheduleSettings, settingsOf } from "../approval/kinds/schedule-settings.js";
import { scheduleUpdate } from "../approval/kinds/schedule-update.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";
import { assertFollowable } from "../syncs/followed-entity.js";
import { assertComes } from "../syncs/ticks.js";
import { findConnector } from "./find-connector.js";
import { findSchedule, readScheduleTime } from "./find-schedule.js";
import { type ScheduleView, viewSchedule } from "./schedule-view.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/** What an update changes; what is missing stays. Another entity is another schedule. */
export type UpdateScheduleInput = { readonly [Field in keyof ScheduleSettings]?: ScheduleSettings[Field] | undefined };

/**
 * Changes a schedule that is still at `expectedVersion`, or asks for that where its connector is one of production. Times that
 * passed while it was paused are not caught up on.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {ApiError} `PRECONDITION_FAILED`; `CONNECTOR_INACTIVE` where it is to go on.
 * @throws {ConnectorError} `VALIDATION_FAILED`, `NOT_FOUND`.
 */
export async function updateSchedule(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  input: UpdateScheduleInput,
  emergency?: string,
): Promise<ChangeOutcome<ScheduleView>> {
  await assertAllowed(services, caller, "schedules.write");
  const before = await findSchedule(services, caller.tenantId, id);
  if (before.version !== expectedVersion) throw staleSchedule(before.version);
  const connector = await findConnector(services, caller.tenantId, before.connectorId);
  const change: Partial<ScheduleSettings> = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  );
  const after = { ...settingsOf(before), ...change };
  const now = await readScheduleTime(services, caller.tenantId);
  assertComes(after, now);
  assertBackfill(after, now);
  if (change.backfillFrom) await assertFollowable(services, connector, true);
  const proposed = {
    kind: scheduleUpdate,
    target: { type: "schedule", id, version: expectedVersion } as const,
    targetName: `${connector.connectorCode}: ${before.entity}`,
    connectorType: connector.connectorType,
    change,
    diff: diffSettings(settingsOf(before), after),
    isProduction: connector.environment === "production",
  };
  const outcome = await submitChange(services, caller, proposed, emergency);
  return outcome.outcome === "requested" ? outcome : { ...outcome, result: viewSchedule(outcome.result, now) };
}

/** The refusal of a change that was made for another version than `version`, which is now. */
export function staleSchedule(version: number): ApiError {
  return new ApiError(
    "PRECONDITION_FAILED",
    `The schedule is at version ${version}. Read it again and repeat the change.`,
  );
}
