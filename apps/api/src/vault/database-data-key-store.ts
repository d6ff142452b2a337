import {
  ConnectorError,
  type DataKeyRecord,
  type DataKeyStore,
  type WrappedKey,
  wrappedKeySchema,
} from "@isthmus/core";
import { type Database, unwatched } from "../database/index.js";
import { type DataKeyRow, platformId } from "../repositories/index.js";

/** Core's `DataKeyStore` over the table `data_keys`, and `platform_keys` for what is the platform's own. */
export class DatabaseDataKeyStore implements DataKeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async current(tenantId: string): Promise<DataKeyRecord | undefined> {
    if (tenantId === platformId) return this.#findPlatformKey();
    const row = await this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.findActive());
    return row && toRecord(row);
  }

  async find(tenantId: string, dataKeyId: string): Promise<DataKeyRecord | undefined> {
    if (tenantId === platformId) return this.#findPlatformKey(dataKeyId);
    const row = await this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.findById(dataKeyId));
    return row && toRecord(row);
  }

  async insert({ id, tenantId, wrapped }: DataKeyRecord): Promise<DataKeyRecord> {
    const { keyEncryptionKeyId } = wrapped;
    if (tenantId === platformId) {
      const key = { id, wrapped, keyEncryptionKeyId };
      const added = await this.#database.asSystem(({ keys }) => keys.addPlatformKey(key));
      if (added !== undefined) return toRecord({ ...added, tenantId });
      throw new ConnectorError(
        "KEY_INVALID",
        `A new key of the platform is wrapped by ${keyEncryptionKeyId}, while a rotation runs to another key-encryption key. A process that has that one first makes it.`,
      );
    }
    // Whoever seals a tenant's first value makes its key on the way: no effect of what they do.
    const row = await unwatched(() =>
      this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.createActive({ id, wrapped, keyEncryptionKeyId })),
    );
    return toRecord(row);
  }

  async #findPlatformKey(id?: string): Promise<DataKeyRecord | undefined> {
    const row = await this.#database.asSystem(({ keys }) => keys.findPlatformKey(id));
    return row && toRecord({ ...row, tenantId: platformId });
  }
}

function toRecord({ id, tenantId, wrapped }: Pick<DataKeyRow, "id" | "tenantId" | "wrapped">): DataKeyRecord {
  return { id, tenantId, wrapped: readWrappedKey(id, wrapped) };
}

/**
 * A wrapped data key as its column has it.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE`.
 */
export function readWrappedKey(id: string, wrapped: object): WrappedKey {
  const result = wrappedKeySchema.safeParse(wrapped);
  if (result.success) return result.data;
  throw new ConnectorError(
    "SEALED_VALUE_UNREADABLE",
    `Data key ${id} is not stored in a form that this release reads.`,
  );
}
