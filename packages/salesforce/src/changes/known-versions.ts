import { createHash } from "node:crypto";
import type { ChangeRow, Position } from "./change-feed.js";

/** How many versions a cursor remembers. Those beyond are given again, which does no harm. */
export const mostKnown = 2_000;

/**
 * What was given already of the stretch that the next read looks at again. A version is known by 66 bits of SHA-256, so a
 * cursor stays under 60 kB, and taking one version for another is out of the question.
 */
export class KnownVersions {
  readonly #digests: Set<string>;

  constructor(digests: readonly string[] = []) {
    this.#digests = new Set(digests);
  }

  get isEmpty(): boolean {
    return this.#digests.size === 0;
  }

  has(version: string): boolean {
    return this.#digests.has(version);
  }

  /** The oldest one goes where there are too many. */
  add(version: string): void {
    this.#digests.add(version);
    if (this.#digests.size <= mostKnown) return;
    for (const oldest of this.#digests) {
      this.#digests.delete(oldest);
      break;
    }
  }

  toJSON(): readonly string[] {
    return [...this.#digests];
  }
}

/**
 * A version of a record. Its content counts: stamps have whole seconds, so a transaction that is committed late may leave a
 * record with the very stamp that it had before.
 */
export function versionOf({ id, stampMs, deleted, record }: ChangeRow): string {
  return digest(JSON.stringify([id, stampMs, deleted, deleted ? null : record]));
}

/** A deletion, as the log tells it. */
export function deletionOf({ id, stampMs }: Position): string {
  return digest(`deletion ${id} ${stampMs}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 11);
}
