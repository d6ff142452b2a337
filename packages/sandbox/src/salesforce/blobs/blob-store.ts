import { randomUUID } from "node:crypto";
import { SalesforceError } from "../errors.js";

/**
 * The bytes of files, in memory. A record's field holds a key; the bytes of a key never change, so that a record that
 * is rolled back has its old bytes again.
 */
export class BlobStore {
  readonly #blobs = new Map<string, Buffer>();
  readonly #isUsed: (key: string) => boolean;
  /** Records outlive a restart, their bytes do not: a key of an earlier run must never mean bytes of this one. */
  readonly #run = randomUUID();
  #bytes = 0;
  #sequence = 0;

  readonly #limitBytes: () => number;

  /**
   * @param limitBytes - Bytes that all files together may have, asked each time.
   * @param isUsed - Whether a record still has this key; asked when room is needed.
   */
  constructor(limitBytes: () => number, isUsed: (key: string) => boolean) {
    this.#limitBytes = limitBytes;
    this.#isUsed = isUsed;
  }

  /** @returns the key. @throws {SalesforceError} STORAGE_LIMIT_EXCEEDED */
  put(content: Buffer): string {
    const limit = this.#limitBytes();
    if (this.#bytes + content.length > limit) this.#dropUnused();
    if (this.#bytes + content.length > limit) {
      throw new SalesforceError(403, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded");
    }
    this.#sequence += 1;
    const key = `${this.#run}-${this.#sequence}`;
    this.#blobs.set(key, content);
    this.#bytes += content.length;
    return key;
  }

  /** The bytes; `undefined` for those that did not outlive a restart. */
  get(key: string): Buffer | undefined {
    return this.#blobs.get(key);
  }

  /** Bytes of all files. */
  get size(): number {
    return this.#bytes;
  }

  clear(): void {
    this.#blobs.clear();
    this.#bytes = 0;
  }

  #dropUnused(): void {
    for (const [key, content] of [...this.#blobs]) {
      if (this.#isUsed(key)) continue;
      this.#blobs.delete(key);
      this.#bytes -= content.length;
    }
  }
}
