import { sealedValueSchema } from "@isthmus/core";
import { z } from "zod";

const place = { tenantId: z.uuid(), connectorId: z.uuid(), attemptId: z.uuid() };

const landedSchema = z.strictObject({
  tokens: sealedValueSchema,
  expiresAt: z.coerce.date().optional(),
  refreshAt: z.coerce.date().optional(),
  reconnectBefore: z.coerce.date().optional(),
  /** Whether a refresh brought it, and not a person's authorization. */
  isRenewal: z.boolean(),
});

const abandonedSchema = z.strictObject({
  outcome: z.enum(["not_spent", "grant_gone", "given_up", "unknown"]),
  code: z.string(),
  retryInMs: z.number().optional(),
});

/** How an attempt to renew a connector's tokens ended: with a sealed set, or without one. */
export const attemptResultSchema = z.union([
  z.strictObject({ ...place, landed: landedSchema }),
  z.strictObject({ ...place, abandoned: abandonedSchema }),
]);

/** See {@link attemptResultSchema}. */
export type AttemptResult = z.infer<typeof attemptResultSchema>;

/** A result that brings tokens. */
export type LandedResult = Extract<AttemptResult, { landed: unknown }>;

/** A result that brings none. */
export type AbandonedResult = Extract<AttemptResult, { abandoned: unknown }>;
