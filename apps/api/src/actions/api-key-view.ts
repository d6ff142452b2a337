import type { ApiKeyRow } from "../repositories/index.js";

/** A key as it is answered: never the key itself. */
export function viewApiKey(row: ApiKeyRow) {
  return {
    id: row.id,
    userId: row.userId,
    name: row.name,
    prefix: row.prefix,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    rotatedTo: row.rotatedTo,
    createdAt: row.createdAt.toISOString(),
  };
}

/** See {@link viewApiKey}. */
export type ApiKeyView = ReturnType<typeof viewApiKey>;
