import { type DataKeyRecord, MemoryDataKeyStore, Vault, wrappedKeySchema } from "@isthmus/core";
import { z } from "zod";
import { newId } from "../database/index.js";
import type { JsonObject } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type KeyBook, keptForMs } from "./key-book.js";

/** In place of a tenant's id, where a key and what it seals are bound to one. */
const platform = "platform";

const dataKeySchema = z.strictObject({ id: z.string(), tenantId: z.literal(platform), wrapped: wrappedKeySchema });

/**
 * The keys of whoever has the platform key. They belong to no tenant, so each request has a data key of its own, which is
 * kept wrapped beside what it seals, and goes with it.
 */
export function openPlatformKeys(services: Services, requestId: string): KeyBook {
  const { database } = services;
  const place: KeyBook["place"] = (id, field) => ({
    tenantId: platform,
    table: "platform_idempotency_keys",
    recordId: id,
    field,
  });
  return {
    tenantId: undefined,
    auditPath: "/v1/platform/audit-events",
    place,
    async note({ id, keyHash, facts }, claim) {
      const dataKeys = new MemoryDataKeyStore();
      const fingerprint = await createVault(services, dataKeys).digest(facts, place(id, "fingerprint"));
      const dataKey = await dataKeys.current(platform);
      if (dataKey === undefined) throw new Error("The digest of a request was made without a data key.");
      const noted = { id, keyHash, fingerprint, dataKey, requestId, keptForMs };
      const row = await database.asSystem(({ idempotency }) => idempotency.note(noted, claim));
      if (row === undefined) return undefined;
      const record = readDataKey(row.dataKey);
      const ofRow = new MemoryDataKeyStore();
      await ofRow.insert(record);
      return { row: { ...row, dataKeyId: record.id }, vault: createVault(services, ofRow) };
    },
    run: (work) => database.asSystem(({ idempotency }) => work(idempotency)),
  };
}

function createVault({ keyProvider, clock, random }: Services, dataKeys: MemoryDataKeyStore): Vault {
  return new Vault({ keyProvider, dataKeys, clock, random, createDataKeyId: newId });
}

/** Throws a `ZodError` where somebody wrote to the table past this service. */
function readDataKey(stored: JsonObject): DataKeyRecord {
  return dataKeySchema.parse(stored);
}
