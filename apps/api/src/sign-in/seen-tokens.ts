import type { Clock } from "@isthmus/core";
import { sha256Hex } from "../keys/api-key.js";

/** As many as people sign in with in an hour or so. One that is forgotten is noted again, which harms nobody. */
const maxTokens = 20_000;

/** Which tokens this process has seen, so that a sign-in is noted once for each and not with each request. */
export class SeenTokens {
  readonly #clock: Clock;
  /** Until when, in milliseconds since the epoch. Digests: what opens something is not kept. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a token of a tenant. @returns Whether it is new. */
  add(tenantId: string, token: string, expiresAtMs: number): boolean {
    const key = keyOf(tenantId, token);
    if ((this.#untilMs.get(key) ?? 0) > this.#clock.now()) return false;
    if (this.#untilMs.size >= maxTokens) this.#makeRoom();
    this.#untilMs.set(key, expiresAtMs);
    return true;
  }

  /** Forgets a token whose sign-in came to nothing. */
  forget(tenantId: string, token: string): void {
    this.#untilMs.delete(keyOf(tenantId, token));
  }

  #makeRoom(): void {
    const now = this.#clock.now();
    for (const [key, untilMs] of this.#untilMs) if (untilMs <= now) this.#untilMs.delete(key);
    // Oldest first; half of them, so that the walk over all is not made for every further token.
    for (const key of this.#untilMs.keys()) {
      if (this.#untilMs.size <= maxTokens / 2) return;
      this.#untilMs.delete(key);
    }
  }
}

function keyOf(tenantId: string, token: string): string {
  return `${tenantId} ${sha256Hex(token)}`;
}
