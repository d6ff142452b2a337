import { z } from "zod";
import { ndjsonMediaType } from "../ndjson.js";
import { instantSchema } from "./common.js";

/** What became of what was done. */
export const outcomeSchema = z.enum(["success", "failure", "denied"]);

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);
const chainSchema = z.object({
  seq: z.int().describe("From 1 on without a gap: the order of sealing."),
  previousHash: hashSchema.describe("Hash of the event before; zeros of the first."),
  hash: hashSchema,
});

/** An audit event as it is answered. */
export const auditEventSchema = z
  .object({
    id: z.uuid(),
    action: z.string(),
    outcome: outcomeSchema,
    actor: z
      .object({ userId: z.uuid().nullable(), apiKeyId: z.uuid().nullable() })
      .nullable()
      .describe("null = the service itself, or the platform key: details.actor says so."),
    target: z.object({ type: z.string(), id: z.string().nullable() }),
    details: z.record(z.string(), z.unknown()).describe("Facts without secrets."),
    ip: z.string().nullable(),
    requestId: z.string().nullable(),
    occurredAt: instantSchema,
    chain: chainSchema.nullable().describe("Where it stands in the chain; null = not sealed yet."),
  })
  .meta({ id: "AuditEvent" });

/** A head that was kept outside, as `?expectHead=`. */
export const verifyQuerySchema = z.object({
  expectHead: z
    .string()
    .regex(/^\d{1,15}:[0-9a-f]{64}$/, "As `lastEvent` says: <seq>:<hash>")
    .transform((text) => ({ seq: Number(text.split(":")[0]), hash: text.slice(-64) }))
    .optional()
    .describe("`<seq>:<hash>` of an earlier `lastEvent`: the chain has to lead over it."),
});

const headSchema = z
  .object({
    tenantId: z.uuid().describe("Zeros = the platform's own audit."),
    seq: z.int(),
    hash: hashSchema,
    signedAt: instantSchema,
    keyId: z.uuid().describe("The data key that the signing key is derived from."),
    publicKey: z.string().describe("Ed25519, 32 bytes in base64url."),
    signature: z.string(),
  })
  .meta({ id: "AuditHead" });

const progressSchema = z.object({ checked: z.int(), total: z.int() });

const reportSchema = z
  .object({
    ok: z.boolean(),
    events: z.int().describe("Events that were looked at."),
    break: z
      .object({ kind: z.string(), seq: z.int(), eventId: z.uuid().nullable(), detail: z.string() })
      .nullable()
      .describe(
        "The first broken link: EDITED, MISSING, REORDERED, INSERTED, TRUNCATED, HEAD_…, HANDOVER_… or UNSEALED.",
      ),
    lastEvent: z.object({ seq: z.int(), hash: z.string() }).describe("Keep it outside, for `expectHead`."),
    head: headSchema.nullable().describe("The signed end; null = nothing was sealed yet."),
    publicKeys: z
      .array(z.string())
      .describe("The keys that lead to the head's, oldest first: each has vouched for the next one."),
    keyHeld: z.boolean().describe("false = the data key is gone, and the signature fits the stored public key only."),
    unsealed: z.object({ events: z.int(), oldestForMs: z.number().nullable() }),
  })
  .meta({ id: "AuditReport" });

/** The answer to a verification. */
export const reportResponse = {
  description: "What was found. A chain that is broken is a result, not a failure.",
  content: {
    "application/json": { schema: reportSchema },
    [ndjsonMediaType]: {
      schema: z.union([z.object({ progress: progressSchema }), z.object({ report: reportSchema })]),
    },
  },
};

/** For the document. */
export const verifyDescription: string =
  'Reads the whole chain. With `Accept: application/x-ndjson` it says how far it is, one line `{"progress":{…}}` a page, and at last `{"report":{…}}`.';

/** For the document. */
export const exportDescription: string =
  'One event a line, oldest first, no further than the chain goes when the export begins; the last line is `{"head":{…},"events":…,"filtered":…,"unsealed":…}`. `isthmus audit verify --file` verifies a file of it without the service.';

/** The answer to an export. */
export const exportResponse = {
  description: "The events, and a last line about them.",
  content: {
    [ndjsonMediaType]: {
      schema: z.union([
        auditEventSchema.extend({ tenantId: z.uuid(), chain: chainSchema }),
        z.object({ head: headSchema.nullable(), events: z.int(), filtered: z.boolean(), unsealed: z.int() }),
      ]),
    },
  },
};
