import { z } from "zod";
import { idSchema, instantSchema, pageQuerySchema } from "./common.js";

const nameSchema = z.string().min(1).max(214).describe("Name of the sink's package.");

/** Sinks as they are answered. */
export const sinksSchema = z.object({
  data: z.array(
    z
      .object({
        name: nameSchema,
        active: z.boolean().describe("Whether ISTHMUS_SINKS names it; false = only what waited for it is left."),
        pending: z.int().describe("Events that wait or are tried."),
        oldestAt: instantSchema.nullable().describe("When the first of them happened."),
        dead: z.int().describe("Events that were given up and can be replayed."),
      })
      .meta({ id: "Sink" }),
  ),
});

const whichSchema = z.strictObject({ sink: nameSchema, tenantId: idSchema.optional().describe("Default: of all.") });

/** `?sink=&tenantId=&limit=&cursor=` of dead letters. */
export const deadLetterQuerySchema = pageQuerySchema.extend(whichSchema.shape);

/** Which dead letters are replayed. */
export const replayDeadLettersSchema = whichSchema.extend({
  eventId: idSchema.optional().describe("Only this one. Default: all."),
});

/** An event that a sink does not take. */
export const deadLetterSchema = z
  .object({
    eventId: z.uuid().describe("The same with each try: by it whoever reads the sink knows what it has."),
    tenantId: z.uuid(),
    type: z.string(),
    attempts: z.int(),
    failureCode: z.string().nullable().describe("Of the sink, such as TOO_LARGE, or why there was no answer."),
    happenedAt: instantSchema,
    deadAt: instantSchema.describe("It can be replayed for 30 days from then on."),
  })
  .meta({ id: "DeadLetter" });
