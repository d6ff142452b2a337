import { newId } from "../database/ids.js";
import type { DataKeyStatus, DataKey as PrismaDataKey } from "../generated/prisma/client.js";
import { type JsonObject, readObject, toJson } from "./client.js";
import type { TenantScope } from "./scope.js";

export type { DataKeyStatus };

/** A tenant's key as it is stored: wrapped by the key provider. */
export interface DataKeyRow {
  /** The `kid` of sealed values. */
  readonly id: string;
  readonly tenantId: string;
  /** What the key provider unwraps. */
  readonly wrapped: JsonObject;
  /** The provider's key that wraps it. */
  readonly keyEncryptionKeyId: string;
  readonly status: DataKeyStatus;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

/** What a new key is made of. */
export interface NewDataKey {
  /** Default: a new one. Given when the id is part of what the wrapping binds. */
  readonly id?: string;
  readonly wrapped: object;
  readonly keyEncryptionKeyId: string;
}

/** The data keys of one tenant. Rotating them is the system's: see `SystemKeyRepository`. */
export interface DataKeyRepository {
  /** The key that seals new values. */
  findActive(): Promise<DataKeyRow | undefined>;
  findById(id: string): Promise<DataKeyRow | undefined>;
  /**
   * Stores the tenant's active key if it has none yet.
   *
   * @returns The key that is active now: of two callers at once, the later one gets the earlier one's.
   */
  createActive(key: NewDataKey): Promise<DataKeyRow>;
}

/** The data keys of the tenant of `scope`. */
export function createDataKeyRepository({ client, tenantId }: TenantScope): DataKeyRepository {
  const table = client.dataKey;
  const toData = (key: NewDataKey) => ({ ...key, id: key.id ?? newId(), tenantId, wrapped: toJson(key.wrapped) });
  const findActive = async () => {
    const row = await table.findFirst({ where: { tenantId, status: "active" } });
    return row === null ? undefined : toRow(row);
  };
  return {
    findActive,
    async findById(id) {
      const row = await table.findFirst({ where: { tenantId, id } });
      return row === null ? undefined : toRow(row);
    },
    async createActive(key) {
      // ON CONFLICT DO NOTHING waits for a rival's transaction, so the row read below is there.
      await table.createMany({ data: [toData(key)], skipDuplicates: true });
      const active = await findActive();
      if (active === undefined) throw new Error("The tenant's data key vanished while it was being made.");
      return active;
    },
  };
}

function toRow(row: PrismaDataKey): DataKeyRow {
  return { ...row, wrapped: readObject(row.wrapped) };
}
