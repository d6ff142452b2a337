import type { Clock } from "@isthmus/core";
import { networkOf } from "./network-of.js";
import { RateLimiter, type RateLimitState } from "./rate-limiter.js";
import { rateWindowMs } from "./settings.js";

const mostKnown = 10_000;

/**
 * Bounds how many credentials that are refused one address may try. A credential that was accepted before is no guess:
 * whoever shares an address with somebody who guesses goes on working. Refusals are charged even where the quota is spent, so
 * that trying many at once is no way around it.
 */
export class CredentialGuesses {
  /** The limit itself. */
  readonly limiter: RateLimiter;
  /** Digests of credentials that were accepted; the one that was accepted last is the last. */
  readonly #known = new Set<string>();

  constructor(clock: Pick<Clock, "now">, refusedPerAddress: number) {
    this.limiter = new RateLimiter({ clock, quota: refusedPerAddress, windowMs: rateWindowMs });
  }

  /** Whether the address may try one more. */
  look(address: string): RateLimitState {
    return this.limiter.look(networkOf(address));
  }

  /** Whether a credential was accepted before, and not refused since. */
  isKnown(digest: string): boolean {
    return this.#known.has(digest);
  }

  /** Remembers a credential that was accepted, by its digest. */
  accepted(digest: string): void {
    this.#known.delete(digest);
    this.#known.add(digest);
    if (this.#known.size <= mostKnown) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  /**
   * Charges the address for a credential that was refused.
   *
   * @param digest - It may have been accepted before, and be withdrawn or expired now.
   */
  refused(address: string, digest: string | undefined): void {
    this.limiter.charge(networkOf(address));
    if (digest !== undefined) this.#known.delete(digest);
  }
}
