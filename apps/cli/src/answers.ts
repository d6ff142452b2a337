import { z } from "zod";

const countsSchema = z.object({ done: z.number(), failed: z.number(), total: z.number() });
const troubleSchema = z.looseObject({ code: z.string(), detail: z.string() });

/** A rotation of keys as the service answers it. What a newer service adds passes through. */
export const rotationSchema = z.looseObject({
  id: z.string(),
  dataKeys: z.boolean(),
  keyEncryptionKeyId: z.string(),
  status: z.enum(["running", "stopped", "completed"]),
  progress: z.object({ dataKeys: countsSchema, values: countsSchema }),
  failure: troubleSchema.nullable(),
  waiting: troubleSchema.extend({ until: z.string().nullable() }).nullable(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});

/** See {@link rotationSchema}. */
export type Rotation = z.infer<typeof rotationSchema>;

/** The keys as the service answers them. */
export const keysSchema = z.looseObject({
  provider: z.string(),
  currentKeyId: z.string(),
  keyEncryptionKeys: z.array(
    z.looseObject({ id: z.string(), dataKeys: z.number(), current: z.boolean(), available: z.boolean() }),
  ),
  dataKeys: z.object({ active: z.number(), retired: z.number() }),
  staleValues: z.number(),
  rotation: rotationSchema.nullable(),
});

/** See {@link keysSchema}. */
export type Keys = z.infer<typeof keysSchema>;

/** An operation run as the service answers it. */
export const operationRunSchema = z.looseObject({
  id: z.string(),
  connectorId: z.string(),
  operation: z.string(),
  status: z.enum(["starting", "running", "cancelling", "succeeded", "failed", "cancelled"]),
  progress: z.object({ processed: z.number(), failed: z.number(), total: z.number().nullable() }),
  error: troubleSchema.nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});

/** See {@link operationRunSchema}. */
export type OperationRun = z.infer<typeof operationRunSchema>;

/** A page of runs as the service answers it. */
export const operationRunsSchema = z.looseObject({
  data: z.array(operationRunSchema),
  nextCursor: z.string().nullable(),
});

/** See {@link operationRunsSchema}. */
export type OperationRuns = z.infer<typeof operationRunsSchema>;

/** As much of a problem document (RFC 9457) as is shown. */
export const problemSchema = z.looseObject({ code: z.string(), detail: z.string(), retryable: z.boolean() });
