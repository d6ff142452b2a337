import { z } from "zod";
import { idSchema, instantSchema, pageQuerySchema } from "./common.js";

const modeSchema = z
  .enum(["incremental", "full"])
  .describe("incremental: what changed since the last run; full: everything, and what is missing then is deleted.");
const cronSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .describe("Minute, hour, day of month, month, day of week: `*/15 * * * *`; or a name such as `@daily`.");
const timeZoneSchema = z.string().min(1).max(100).describe("IANA name of the time zone that `cron` is meant in.");
const overlapSchema = z
  .enum(["skip", "queue"])
  .describe("When a run of the entity goes on at its time: no run for it, or one that waits.");
const catchUpSchema = z
  .enum(["once", "all", "none"])
  .describe("Times that were missed: one run for all of them, one for each (100 at most), or none after 5 minutes.");
const jitterSchema = z
  .number()
  .int()
  .min(0)
  .max(86_400)
  .describe("Seconds by which runs begin later at the most: always the same for one schedule.");

const backfillSchema = instantSchema.describe(
  "The first read begins with what was changed since then, not with everything. What was deleted before the read is not told.",
);

/** The vendor's name of an entity. */
export const entityNameSchema = z.string().min(1).max(255).describe("The vendor's name: `Account`.");

/** The body that makes a schedule. */
export const createScheduleSchema = z
  .strictObject({
    entity: entityNameSchema,
    mode: modeSchema.default("incremental"),
    cron: cronSchema,
    timeZone: timeZoneSchema.default("UTC"),
    overlap: overlapSchema.default("skip"),
    catchUp: catchUpSchema.default("once"),
    jitterSeconds: jitterSchema.default(0),
    backfillFrom: backfillSchema.nullable().default(null),
    paused: z.boolean().default(false),
  })
  .meta({ id: "NewSchedule" });

/** The body that changes one. */
export const updateScheduleSchema = z
  .strictObject({
    mode: modeSchema.optional(),
    cron: cronSchema.optional(),
    timeZone: timeZoneSchema.optional(),
    overlap: overlapSchema.optional(),
    catchUp: catchUpSchema.optional(),
    jitterSeconds: jitterSchema.optional(),
    backfillFrom: backfillSchema.nullable().optional(),
    paused: z.boolean().optional(),
  })
  .meta({ id: "ScheduleChanges" });

/** The body that begins a run. */
export const runScheduleSchema = z
  .strictObject({ backfillFrom: instantSchema.optional().describe("What was changed since then is read again.") })
  .meta({ id: "NewScheduledRun" });

/** A schedule as it is answered. */
export const scheduleSchema = z
  .object({
    id: z.uuid(),
    connectorId: z.uuid(),
    entity: z.string(),
    mode: modeSchema,
    cron: z.string(),
    timeZone: z.string(),
    overlap: overlapSchema,
    catchUp: catchUpSchema,
    jitterSeconds: z.number(),
    backfillFrom: backfillSchema.nullable(),
    paused: z.boolean(),
    nextRuns: z.array(instantSchema).describe("The next five times, without jitter; none of a paused one."),
    version: z.number(),
    createdBy: z.uuid(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: "Schedule" });

const statuses = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
const count = z.number();

/** A run of a sync as it is answered. */
export const syncRunSchema = z
  .object({
    id: z.uuid(),
    connectorId: z.uuid(),
    entity: z.string(),
    mode: modeSchema,
    trigger: z
      .enum(["schedule", "request", "event"])
      .describe("A time of the schedule, somebody, or an event that the vendor delivered."),
    scheduleId: z.uuid().nullable(),
    backfillFrom: instantSchema.nullable().describe("It reads what was changed since then."),
    scheduledFor: instantSchema.nullable().describe("The schedule's time; null = somebody asked for the run."),
    status: z.enum([...statuses, "cancelling"]),
    progress: z
      .object({ read: count, changed: count, unchanged: count, deleted: count, failed: count })
      .describe("Records. `failed`: with ids that cannot be stored."),
    recordsPerSecond: z.number().nullable(),
    expected: z.number().nullable().describe("About how many records there are to read, where the vendor has said so."),
    estimatedEndAt: instantSchema.nullable().describe("At the rate so far."),
    error: z.object({ code: z.string(), detail: z.string() }).nullable().describe("What ended it, or last kept it up."),
    createdAt: instantSchema,
    startedAt: instantSchema.nullable(),
    updatedAt: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: "SyncRun" });

/** A line of a run's log as it is answered. */
export const syncRunLineSchema = z
  .object({
    at: instantSchema,
    event: z.string().describe("`begun`, `resumed`, `waiting`, `begun_anew`, `records_refused`, `ended`."),
    code: z.string().nullable(),
    detail: z.string(),
  })
  .meta({ id: "SyncRunLine" });

/** `?connectorId=&scheduleId=&entity=&status=` of the list of runs. */
export const listSyncRunsSchema = pageQuerySchema.extend({
  connectorId: idSchema.optional(),
  scheduleId: idSchema.optional(),
  entity: entityNameSchema.optional(),
  status: z.enum(statuses).optional(),
});

/** `?entity=&deleted=` of the list of records. */
export const listRecordsSchema = pageQuerySchema.extend({
  entity: entityNameSchema,
  since: instantSchema.optional().describe("What changed here after it only."),
  filter: z
    .string()
    .max(2_000)
    .optional()
    .describe('Fields with the values to have, as JSON: `{"Industry":"Energy"}`.'),
  deleted: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .default(false)
    .describe("Records that are gone at the vendor, too. Default: false."),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("Items at the most."),
});

/** A record as it is answered. */
export const recordSchema = z
  .object({
    id: z.string().describe("The vendor's id."),
    version: z.string().describe("A whole number that grows with each change in the entity."),
    deleted: z.boolean(),
    modifiedAt: instantSchema.nullable().describe("As the vendor says."),
    updatedAt: instantSchema,
    data: z.record(z.string(), z.unknown()).nullable().describe("Every field as the vendor gives it."),
  })
  .meta({ id: "Record" });
