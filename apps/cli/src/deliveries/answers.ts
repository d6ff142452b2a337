import { z } from "zod";

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ data: z.array(item), nextCursor: z.string().nullable() });

const webhookSchema = z.looseObject({
  id: z.string(),
  url: z.string(),
  active: z.boolean(),
  health: z.looseObject({ failingSince: z.string().nullable(), pending: z.number(), dead: z.number() }),
});

/** A webhook as the service answers it. What a newer service adds passes through. */
export type Webhook = z.infer<typeof webhookSchema>;

/** A page of webhooks. */
export const webhooksSchema = pageOf(webhookSchema);

/** One delivery. */
export const deliverySchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  attempts: z.number(),
  happenedAt: z.string(),
  lastAttempt: z.looseObject({ answerStatus: z.number().nullable(), failureCode: z.string().nullable() }).nullable(),
});

/** A delivery to a webhook as the service answers it. */
export type Delivery = z.infer<typeof deliverySchema>;

/** A page of deliveries. */
export const deliveriesSchema = pageOf(deliverySchema);

const sinkSchema = z.looseObject({
  name: z.string(),
  active: z.boolean(),
  pending: z.number(),
  oldestAt: z.string().nullable(),
  dead: z.number(),
});

/** One of the operator's sinks as the service answers it. */
export type Sink = z.infer<typeof sinkSchema>;

/** All sinks. */
export const sinksSchema = z.looseObject({ data: z.array(sinkSchema) });

const deadLetterSchema = z.looseObject({
  eventId: z.string(),
  tenantId: z.string(),
  type: z.string(),
  attempts: z.number(),
  failureCode: z.string().nullable(),
  happenedAt: z.string(),
});

/** An event that a sink does not take, as the service answers it. */
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** A page of dead letters. */
export const deadLettersSchema = pageOf(deadLetterSchema);

/** How many come again. */
export const replayedSchema = z.looseObject({ replayed: z.number() });
