import { z } from "zod";
import { idSchema, instantSchema, pageQuerySchema } from "./common.js";

const statusSchema = z.enum([
  "pending",
  "approved",
  "rejected",
  "withdrawn",
  "expired",
  "stale",
  "emergency",
  "confirmed",
  "rolled_back",
  "rollback_failed",
]);

const diffEntrySchema = z.object({
  path: z.string().describe("Names of fields, joined by dots."),
  change: z.enum(["added", "removed", "changed"]),
  before: z.unknown().optional().describe("Missing of a secret, and of what was not there."),
  after: z.unknown().optional().describe("Missing of a secret, and of what will not be there."),
});

/** A change request as it is answered. */
export const changeRequestSchema = z
  .object({
    id: z.uuid(),
    kind: z.string().describe("Such as `connector.update`."),
    status: statusSchema.describe(
      "`pending` waits for an approver, `emergency` is applied and waits for two. `approved` and `confirmed` are applied for good. `stale`: what it was made for has changed since. `rollback_failed`: what it changed was switched off.",
    ),
    target: z.object({
      type: z.string().describe("`connector` or `inbound_endpoint`."),
      id: z.uuid(),
      name: z.string(),
      version: z.int().nullable().describe("The only version that it can be applied to; null: it makes something new."),
    }),
    connectorType: z.string(),
    diff: z.array(diffEntrySchema).describe("What changes. Of a secret, only that it does."),
    payloadDigest: z.string().describe("A keyed digest of exactly what will be applied; it is in the audit, too."),
    emergency: z
      .object({ reason: z.string(), confirmedBy: z.uuid().nullable().describe("The first of its two approvers.") })
      .nullable(),
    requestedBy: z.uuid(),
    decidedBy: z.uuid().nullable().describe("null: nobody, or the service itself."),
    decisionReason: z.string().nullable(),
    version: z.int().describe("Counts decisions and comments; also the ETag."),
    expiresAt: instantSchema.describe("When it expires; of an emergency, when it is rolled back."),
    createdAt: instantSchema,
    updatedAt: instantSchema,
    decidedAt: instantSchema.nullable(),
  })
  .meta({ id: "ChangeRequest", description: "A change of production, of which somebody else has to decide." });

/** A comment as it is answered. */
export const changeCommentSchema = z
  .object({ id: z.uuid(), createdBy: z.uuid(), text: z.string(), createdAt: instantSchema })
  .meta({ id: "ChangeRequestComment" });

/** A change request that is read alone. */
export const changeRequestWithCommentsSchema = changeRequestSchema
  .extend({ comments: z.array(changeCommentSchema) })
  .meta({ id: "ChangeRequestWithComments" });

/** Query of `GET /v1/change-requests`. */
export const listChangeRequestsSchema = pageQuerySchema.extend({
  status: statusSchema.optional(),
  targetId: idSchema.optional().describe("Only those for this connector or endpoint."),
});

/** Body of `POST /v1/change-requests/{id}/reject`. */
export const rejectChangeSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(2000).describe("For whoever asked.") })
  .meta({ id: "ChangeRejection" });

/** Body of `POST /v1/change-requests/{id}/comments`. */
export const commentOnChangeSchema = z
  .strictObject({ text: z.string().trim().min(1).max(2000).describe("No secrets: everybody reads it.") })
  .meta({ id: "NewChangeRequestComment" });
