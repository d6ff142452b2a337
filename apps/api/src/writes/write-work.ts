import type { SealContext, Vault } from "@isthmus/core";
import { z } from "zod";
import type { OperationRunRow } from "../repositories/index.js";
import { runWorkPlace } from "../runs/run-work.js";

/** What a run of a write-back has for its operation. No connector has an operation with a colon in its name. */
export const writeOperation = "records:write";

/** Of all of a run's records. */
const writeWorkSchema = z.strictObject({
  /** The vendor's name of their kind. */
  entity: z.string(),
  policy: z.enum(["theirs", "ours", "fail"]),
});

/** See {@link writeWorkSchema}. */
export type WriteWork = z.output<typeof writeWorkSchema>;

const sealedSchema = z.strictObject({ state: writeWorkSchema });

/** One record, as it is stored until its outcome is known. */
export const storedWriteSchema = z.strictObject({
  id: z.string().optional(),
  externalId: z.strictObject({ field: z.string(), value: z.string() }).optional(),
  record: z.record(z.string(), z.unknown()).optional(),
  deleted: z.boolean(),
  base: z.string().optional(),
});

/** See {@link storedWriteSchema}. */
export type StoredWrite = z.output<typeof storedWriteSchema>;

/** What a run of a write-back is about. */
export async function openWriteWork(vault: Vault, { tenantId, id, work }: OperationRunRow): Promise<WriteWork> {
  const place: SealContext = runWorkPlace(tenantId, id);
  return sealedSchema.parse(await vault.open(work, place)).state;
}
