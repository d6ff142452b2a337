import { z } from "zod";
import { instantSchema, pageQuerySchema } from "./common.js";

const name = z.string().trim().min(1).max(200).describe("For people.");
const environment = z.enum(["sandbox", "production"]);
// Pasted from a page of the vendor's, perhaps with a line break.
const secret = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .meta({ writeOnly: true })
  .describe("What the vendor signs its deliveries with. Sealed at once; never comes out again.");

/** Body of `POST /v1/inbound-endpoints`. */
export const createInboundEndpointSchema = z
  .strictObject({
    type: z.string().min(1).max(50).describe("An installed type whose vendor delivers."),
    name,
    environment: environment.describe("Only connectors of this environment are told."),
    secret: secret.optional().describe("May be given later. Until then every delivery is refused."),
  })
  .meta({ id: "NewInboundEndpoint" });

/** Body of `PATCH /v1/inbound-endpoints/{id}`: what is missing stays. */
export const updateInboundEndpointSchema = z
  .strictObject({
    name: name.optional(),
    active: z.boolean().optional().describe("Whether deliveries are taken."),
    secret: secret.optional().describe("A new one. Deliveries signed with a former one are taken as well."),
    keepFormerSecrets: z.boolean().optional().describe("Default true. False leaves the newest secret alone."),
  })
  .meta({ id: "InboundEndpointChanges" });

/** Query of `GET /v1/inbound-endpoints`. */
export const listInboundEndpointsSchema = pageQuerySchema.extend({ type: z.string().max(50).optional() });

/** An inbound endpoint as it is answered: never with a secret. */
export const inboundEndpointSchema = z
  .object({
    id: z.uuid(),
    type: z.string(),
    name: z.string(),
    environment,
    url: z.string().describe("What to enter at the vendor."),
    active: z.boolean(),
    secretCount: z.int().describe("With 0, every delivery is refused."),
    version: z.int().describe("Counts changes; also the ETag."),
    createdBy: z.uuid(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: "InboundEndpoint" });

/** An event as a connector got it. */
export const inboundEventSchema = z
  .object({
    id: z.uuid(),
    endpointId: z.uuid(),
    eventId: z.string().describe("The vendor's own, or a digest of one that is too long."),
    accountId: z.string(),
    entity: z.string().describe("As the vendor names it."),
    recordId: z.string().nullable(),
    type: z.string().describe("What happened, in the vendor's words."),
    receivedAt: instantSchema,
    handledAt: instantSchema.nullable().describe("When what it names was read; null: not by Isthmus yet."),
  })
  .meta({ id: "InboundEvent" });
