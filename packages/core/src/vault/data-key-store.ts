import type { WrappedKey } from "./key-provider.js";

/** A tenant's data key as it is stored: wrapped. */
export interface DataKeyRecord {
  /** The `kid` of the values that it seals. */
  readonly id: string;
  readonly tenantId: string;
  readonly wrapped: WrappedKey;
}

/**
 * Stores wrapped data keys, durably: what they sealed is lost without them. What a method throws reaches the vault's
 * caller as it is.
 */
export interface DataKeyStore {
  /** The key that seals the tenant's new values; `undefined` before the first one was made. */
  current(tenantId: string): Promise<DataKeyRecord | undefined>;
  /** One key of the tenant, current or retired; `undefined` when the tenant has no such key. */
  find(tenantId: string, dataKeyId: string): Promise<DataKeyRecord | undefined>;
  /**
   * Makes `record` the tenant's current key unless there is one already.
   *
   * @returns the current key afterwards: of callers that race, the first one wins and all get its key.
   */
  insert(record: DataKeyRecord): Promise<DataKeyRecord>;
}

/** Keeps wrapped data keys in memory, so what they sealed cannot be opened after a restart. For tests and short-lived programs. */
export class MemoryDataKeyStore implements DataKeyStore {
  readonly #current = new Map<string, DataKeyRecord>();

  async current(tenantId: string): Promise<DataKeyRecord | undefined> {
    return this.#current.get(tenantId);
  }

  async find(tenantId: string, dataKeyId: string): Promise<DataKeyRecord | undefined> {
    const record = this.#current.get(tenantId);
    return record?.id === dataKeyId ? record : undefined;
  }

  async insert(record: DataKeyRecord): Promise<DataKeyRecord> {
    const winner = this.#current.get(record.tenantId) ?? record;
    this.#current.set(record.tenantId, winner);
    return winner;
  }
}
