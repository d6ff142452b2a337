import { z } from "zod";
import { secretOverlap } from "../../actions/rotate-webhook-secret.js";
import { eventFilters } from "../../outbox/event-filters.js";
import { idSchema, instantSchema, pageQuerySchema } from "./common.js";

const url = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .describe("Where events are sent: https, and a public address.");
const description = z.string().trim().max(200).describe("For people.");
const eventTypes = z
  .array(z.enum(eventFilters))
  .min(1)
  .max(eventFilters.length)
  .describe("What it is told: types, or groups of them such as `record.*`.");
const connectorIds = z.array(idSchema).max(100).describe("Only what is about these connectors. Empty: all of it.");
const entities = z
  .array(z.string().min(1).max(200))
  .max(100)
  .describe("Of what is about an entity, such as records, only these. Empty: all of them.");
const active = z.boolean().describe("While not, it is told nothing, and nothing is kept for it.");

/** Body of `POST /v1/webhooks`. */
export const createWebhookSchema = z
  .strictObject({
    url,
    eventTypes,
    description: description.default(""),
    connectorIds: connectorIds.default([]),
    entities: entities.default([]),
    active: active.default(true),
  })
  .meta({ id: "NewWebhook" });

/** Body of `PATCH /v1/webhooks/{id}`: what is missing stays. */
export const updateWebhookSchema = z
  .strictObject({ url, eventTypes, description, connectorIds, entities, active })
  .partial()
  .meta({ id: "WebhookChanges" });

/** Body of `POST /v1/webhooks/{id}/rotate-secret`. */
export const rotateSecretSchema = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(secretOverlap.max)
      .default(secretOverlap.default)
      .describe("How long the present secret signs as well. 0: no more from now on."),
  })
  .meta({ id: "RotateWebhookSecret" });

/** A webhook as it is answered. */
export const webhookSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string(),
    eventTypes: z.array(z.string()),
    connectorIds: z.array(z.uuid()),
    entities: z.array(z.string()),
    active: z.boolean(),
    goneAt: instantSchema.nullable().describe("When it answered 410 and was switched off for it."),
    previousSecretUntil: instantSchema
      .nullable()
      .describe("Until then messages are signed with the former secret as well."),
    health: z.object({
      failures: z.int().describe("Tries that failed since the last one that did not."),
      failingSince: instantSchema.nullable(),
      pausedUntil: instantSchema
        .nullable()
        .describe("Nothing is sent before then: it asked for that, or kept failing."),
      pending: z.int().describe("Deliveries that wait or are tried."),
      dead: z.int().describe("Deliveries that were given up and can be replayed."),
    }),
    version: z.int().describe("Counts changes; also the ETag."),
    createdBy: z.uuid(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: "Webhook" });

/** A webhook with its new secret. */
export const webhookWithSecretSchema = webhookSchema
  .extend({ secret: z.string().describe("Verifies what is sent. Shown once and never again.") })
  .meta({ id: "WebhookWithSecret" });

/** What became of a test. */
export const webhookTestSchema = z
  .object({
    ok: z.boolean(),
    latencyMs: z.int(),
    answerStatus: z.int().nullable().describe("Null: there was no answer."),
    answer: z.string().nullable().describe("Its first characters."),
    failureCode: z.string().nullable().describe("Why there was no answer."),
  })
  .meta({ id: "WebhookTest" });

/** One event for one webhook as it is answered. */
export const deliverySchema = z
  .object({
    id: z.uuid().describe("The `webhook-id` of the message, the same with each try."),
    webhookId: z.uuid(),
    eventId: z.uuid(),
    type: z.string(),
    status: z.enum(["pending", "delivered", "dead"]),
    attempts: z.int(),
    happenedAt: instantSchema,
    nextAttemptAt: instantSchema.nullable().describe("At the earliest; while it is tried, when that is given up."),
    lastAttempt: z
      .object({
        at: instantSchema,
        answerStatus: z.int().nullable().describe("Null: there was no answer."),
        answer: z.string().nullable().describe("Its first characters."),
        failureCode: z.string().nullable().describe("Why there was no answer."),
      })
      .nullable(),
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: "WebhookDelivery" });

/** `?status=&limit=&cursor=` of a webhook's deliveries. */
export const deliveryQuerySchema = pageQuerySchema.extend({ status: deliverySchema.shape.status.optional() });

/** How many dead deliveries are tried again. */
export const replayedSchema = z.object({ replayed: z.int() }).meta({ id: "ReplayedDeliveries" });
