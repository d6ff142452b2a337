import { canonicalJson } from "./canonical-json.js";
import { digestInput, digestText } from "./digest.js";
import { assertPlace, type SealContext } from "./sealed-value.js";

/** Digests values of one tenant with a key that it holds itself: see `Vault.digester`. Disposing of it overwrites the key. */
export class Digester implements Disposable {
  readonly #key: Buffer;
  readonly #keyId: string;
  readonly #tenantId: string;
  #disposed = false;

  constructor(key: Buffer, keyId: string, tenantId: string) {
    this.#key = key;
    this.#keyId = keyId;
    this.#tenantId = tenantId;
  }

  /**
   * Digests a value as `Vault.digest` does, asking nobody: also inside a transaction.
   *
   * @throws {ValidationError} for a value or place that cannot be written.
   * @throws {TypeError} after it was disposed of: the key is gone.
   */
  digest(value: unknown, place: Omit<SealContext, "tenantId">): string {
    if (this.#disposed) throw new TypeError("This digester was disposed of.");
    const context = { ...place, tenantId: this.#tenantId };
    assertPlace(context);
    return digestText(this.#key, this.#keyId, digestInput(canonicalJson(value), this.#keyId, context));
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#key.fill(0);
  }
}
