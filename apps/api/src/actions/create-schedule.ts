import { diffSettings } from "../approval/diff.js";
import { scheduleCreate } from "../approval/kinds/schedule-create.js";
import { assertBackfill, type ScheduleSettings } from "../approval/kinds/schedule-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { Services } from "../services.js";
import { assertFollowable } from "../syncs/followed-entity.js";
import { assertComes } from "../syncs/ticks.js";
import { findConnector } from "./find-connector.js";
import { readScheduleTime } from "./find-schedule.js";
import { type ScheduleView, viewSchedule } from "./schedule-view.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

/** What a new schedule is made of. */
export interface CreateScheduleInput extends ScheduleSettings {
  readonly entity: string;
}

/**
 * Makes a schedule for an entity of a connector, or asks for it where the connector is one of production.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {ConnectorError} `VALIDATION_FAILED` for a cron expression or time zone that there is not; `UNSUPPORTED` where the
 *   connector's records cannot be followed, or not from a time on; `NOT_FOUND`.
 * @throws {ApiError} `CONNECTOR_INACTIVE`, unless it is made paused.
 */
export async function createSchedule(
  services: Services,
  caller: Caller,
  connectorId: string,
  input: CreateScheduleInput,
  emergency?: string,
): Promise<ChangeOutcome<ScheduleView>> {
  await assertAllowed(services, caller, "schedules.write");
  const connector = await findConnector(services, caller.tenantId, connectorId);
  await assertFollowable(services, connector, input.backfillFrom !== null);
  const now = await readScheduleTime(services, caller.tenantId);
  assertComes(input, now);
  assertBackfill(input, now);
  const proposed = {
    kind: scheduleCreate,
    target: { type: "schedule", id: newId(), version: null } as const,
    targetName: `${connector.connectorCode}: ${input.entity}`,
    connectorType: connector.connectorType,
    change: { ...input, connectorId },
    diff: diffSettings(undefined, input),
    isProduction: connector.environment === "production",
  };
  const outcome = await submitChange(services, caller, proposed, emergency);
  return outcome.outcome === "requested" ? outcome : { ...outcome, result: viewSchedule(outcome.result, now) };
}
