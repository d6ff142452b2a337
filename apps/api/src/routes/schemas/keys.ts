import { z } from "zod";
import { instantSchema } from "./common.js";

/** The body that begins a rotation. */
export const rotateKeysSchema = z
  .strictObject({
    dataKeys: z.boolean().default(false).describe("Also new data keys for every tenant, and every value sealed again."),
  })
  .meta({ id: "RotateKeys" });

const countsSchema = z.object({ done: z.int(), failed: z.int(), total: z.int() });
const troubleShape = { code: z.string(), detail: z.string() };

/** A rotation of keys as it is answered. */
export const keyRotationSchema = z
  .object({
    id: z.uuid(),
    dataKeys: z.boolean().describe("Whether tenants get new data keys."),
    keyEncryptionKeyId: z.string().describe("The key it is to. Processes that have another one first leave it alone."),
    status: z.enum(["running", "stopped", "completed"]),
    progress: z.object({
      dataKeys: countsSchema.describe("Data keys wrapped anew, and those made. `failed` do not unwrap."),
      values: countsSchema.describe("Values sealed again; all 0 without `dataKeys`. `failed` do not open."),
    }),
    failure: z.object(troubleShape).nullable().describe("The last data key or value that failed."),
    waiting: z
      .object({ ...troubleShape, until: instantSchema.nullable() })
      .nullable()
      .describe("Why it pauses; it tries again by itself then."),
    startedAt: instantSchema,
    updatedAt: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: "KeyRotation" });

/** The keys as they are answered. */
export const keysSchema = z
  .object({
    provider: z.string().describe("Who holds the key-encryption keys, such as `local`."),
    currentKeyId: z.string().describe("The key-encryption key that wraps new data keys."),
    keyEncryptionKeys: z.array(
      z.object({
        id: z.string(),
        dataKeys: z.int().describe("How many data keys it wraps. While it is not 0, the key is needed."),
        current: z.boolean(),
        available: z.boolean().describe("Whether this process's provider holds it."),
      }),
    ),
    dataKeys: z.object({
      active: z.int().describe("One for each tenant that has sealed anything."),
      retired: z
        .int()
        .describe("They only open, and are destroyed a day after a rotation moved the last value off them."),
    }),
    staleValues: z
      .int()
      .describe("Values under a retired data key. Unless a rotation runs or stands, hourly work seals them again."),
    rotation: keyRotationSchema.nullable().describe("The newest one."),
  })
  .meta({ id: "Keys" });
