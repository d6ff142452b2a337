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

/**
 * How attempts to renew tokens ended: one with a sealed set, one without, or any number of which is only known that nothing
 * was ever sent for them, because the answer to their claim was lost.
 */
export const attemptResultSchema = z.union([
  z.strictObject({ ...place, landed: landedSchema }),
  z.strictObject({ ...place, abandoned: abandonedSchema }),
  // Until then the database may still be at work at the claim, and has to be told again.
  z.strictObject({ attemptId: z.uuid(), unsent: z.array(z.uuid()), untilMs: z.number() }),
]);

/** See {@link attemptResultSchema}. */
export type AttemptResult = z.infer<typeof attemptResultSchema>;

/** A result that brings tokens. */
export type LandedResult = Extract<AttemptResult, { landed: unknown }>;

/** A result that brings none. */
export type AbandonedResult = Extract<AttemptResult, { abandoned: unknown }>;

/**
 * Whether a result has to outlive the process. A set of a refresh exists nowhere else; that nothing was sent is known to
 * nobody else. What else can be said of an attempt comes out again by itself, and a person who authorises is told that it
 * failed, and tries again. So of one attempt its holder alone keeps anything.
 */
export function isWorthKeeping(result: AttemptResult): boolean {
  if ("landed" in result) return result.landed.isRenewal;
  return "unsent" in result || result.abandoned.outcome === "not_spent";
}
