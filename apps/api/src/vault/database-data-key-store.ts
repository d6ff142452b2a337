import {
  ConnectorError,
  type DataKeyRecord,
  type DataKeyStore,
  type WrappedKey,
  wrappedKeySchema,
} from "@isthmus/core";
import { type Database, unwatched } from "../database/index.js";
import type { DataKeyRow } from "../repositories/index.js";

/** Core's `DataKeyStore` over the table `data_keys`. */
export class DatabaseDataKeyStore implements DataKeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async current(tenantId: string): Promise<DataKeyRecord | undefined> {
    const row = await this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.findActive());
    return row && toRecord(row);
  }

  async find(tenantId: string, dataKeyId: string): Promise<DataKeyRecord | undefined> {
    const row = await this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.findById(dataKeyId));
    return row && toRecord(row);
  }

  async insert({ id, tenantId, wrapped }: DataKeyRecord): Promise<DataKeyRecord> {
    const { keyEncryptionKeyId } = wrapped;
    // Whoever seals a tenant's first value makes its key on the way: no effect of what they do.
    const row = await unwatched(() =>
      this.#database.asTenant(tenantId, ({ dataKeys }) => dataKeys.createActive({ id, wrapped, keyEncryptionKeyId })),
    );
    return toRecord(row);
  }
}

function toRecord({ id, tenantId, wrapped }: DataKeyRow): DataKeyRecord {
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
