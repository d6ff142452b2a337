import { type DataKeyContext, type KeyProvider, LocalKeyring, type WrappedKey } from "@isthmus/core";
import { platformId } from "../../src/repositories/index.js";

/** A local keyring whose calls a test counts, delays or refuses. */
export class WatchedKeys implements KeyProvider {
  readonly provider = "local";
  readonly currentKeyId: string;
  readonly keyIds: readonly string[];
  /** Tenants' data keys that were wrapped, in order. */
  readonly wrapped: string[] = [];
  /** Happens before each wrapping; what it throws, the provider throws. */
  beforeWrap: () => Promise<void> | void = () => undefined;
  readonly #keyring: LocalKeyring;

  constructor(keys: string) {
    this.#keyring = LocalKeyring.parse(keys);
    this.currentKeyId = this.#keyring.currentKeyId;
    this.keyIds = this.#keyring.keyIds;
  }

  async wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey> {
    if (context.tenantId === platformId) return this.#keyring.wrap(dataKey, context);
    await this.beforeWrap();
    this.wrapped.push(context.dataKeyId);
    return this.#keyring.wrap(dataKey, context);
  }

  unwrap(wrapped: WrappedKey, context: DataKeyContext): Promise<Buffer> {
    return this.#keyring.unwrap(wrapped, context);
  }

  isCurrent(wrapped: WrappedKey): boolean {
    return this.#keyring.isCurrent(wrapped);
  }
}
