import { z } from "zod";

/** The signed end of an audit chain. */
export const auditHeadSchema = z.looseObject({
  tenantId: z.string(),
  seq: z.int(),
  hash: z.string(),
  signedAt: z.string(),
  keyId: z.string(),
  publicKey: z.string(),
  signature: z.string(),
});

/** What a verification found, as the service answers it. */
export const auditReportSchema = z.looseObject({
  ok: z.boolean(),
  events: z.int(),
  break: z
    .looseObject({ kind: z.string(), seq: z.int(), eventId: z.string().nullable(), detail: z.string() })
    .nullable(),
  lastEvent: z.looseObject({ seq: z.int(), hash: z.string() }),
  head: auditHeadSchema.nullable(),
  publicKeys: z.array(z.string()),
  keyHeld: z.boolean(),
  unsealed: z.looseObject({ events: z.int() }),
});

/** See {@link auditReportSchema}. */
export type AuditReport = z.infer<typeof auditReportSchema>;

/** One line of a verification under way: how far it is, at last what was found. */
export const auditStepSchema = z.looseObject({
  progress: z.looseObject({ checked: z.int(), total: z.int() }).optional(),
  report: auditReportSchema.optional(),
});

/** See {@link auditStepSchema}. */
export type AuditStep = z.infer<typeof auditStepSchema>;

/** A line of an exported file with an event. */
export const eventLineSchema = z.looseObject({
  id: z.string(),
  chain: z.object({ seq: z.int(), previousHash: z.string(), hash: z.string() }),
});

/** The last line of an exported file. */
export const endLineSchema = z.looseObject({
  head: auditHeadSchema.nullable(),
  events: z.int(),
  filtered: z.boolean(),
  unsealed: z.int(),
});

/** See {@link endLineSchema}. */
export type EndLine = z.infer<typeof endLineSchema>;
