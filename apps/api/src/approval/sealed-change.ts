import { type SealContext, type Vault, validate } from "@isthmus/core";
import { z } from "zod";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow } from "../repositories/index.js";
import type { UndoingChange } from "./change-kind.js";

/** Where the sealed payload of a change request lives: the value opens there and nowhere else. */
export function changePlace(tenantId: string, requestId: string): SealContext {
  return { tenantId, table: "change_requests", recordId: requestId, field: "payload" };
}

const payloadSchema = z.object({
  change: z.record(z.string(), z.unknown()),
  // Beside the change, so that what an approver was shown belongs to exactly this payload.
  digest: z.string(),
  undo: z.object({ kind: z.string(), change: z.record(z.string(), z.unknown()) }).optional(),
});

/** What a change request holds sealed. */
export type ChangePayload = z.infer<typeof payloadSchema>;

/** What is digested: the request, too, so that two requests never have one digest and nobody can try guesses against it. */
export interface DigestedChange {
  readonly kind: string;
  readonly targetId: string;
  readonly targetVersion: number | null;
  readonly change: object;
}

/** Seals a change with its keyed digest. May need the key provider: not in a unit of work. */
export async function sealChange(
  vault: Vault,
  place: { readonly tenantId: string; readonly id: string },
  digested: DigestedChange,
  undo?: UndoingChange,
): Promise<{ readonly payload: object; readonly payloadDigest: string }> {
  const payloadPlace = changePlace(place.tenantId, place.id);
  const payloadDigest = await vault.digest(digested, payloadPlace);
  const content = { change: digested.change, digest: payloadDigest, ...(undo && { undo }) };
  return { payload: await vault.seal(content, payloadPlace), payloadDigest };
}

/**
 * Opens what a request holds.
 *
 * @throws {ApiError} `CHANGE_REQUEST_DECIDED` when it holds nothing any more.
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` also when it is not what the request shows; `KEY_UNAVAILABLE`.
 */
export async function openChange(vault: Vault, row: ChangeRequestRow): Promise<ChangePayload> {
  if (row.payload === null) throw alreadyDecided(row);
  const opened = await vault.open(row.payload, changePlace(row.tenantId, row.id));
  const payload = validate(payloadSchema, opened, "stored change");
  if (payload.digest === row.payloadDigest) return payload;
  throw new ApiError("CHANGE_REQUEST_STALE", "What is stored is not what this request shows. Ask for the change anew.");
}

/** Why nothing can be decided any more. */
export function alreadyDecided({ status, id }: Pick<ChangeRequestRow, "status" | "id">): ApiError {
  return new ApiError("CHANGE_REQUEST_DECIDED", `The change request ${id} is ${status.replace("_", " ")} already.`);
}
