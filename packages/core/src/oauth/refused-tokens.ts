import { AuthenticationError } from "../errors/index.js";
import type { Clock } from "../runtime/index.js";

const restMs = 30_000;

/**
 * Keeps a vendor that refuses every token from costing a refresh for each call. A refused token is worth one renewal; when
 * its replacement is refused as well, another one changes nothing, and rotating tokens, login quotas and the vendor's
 * patience are spent on it. So a replacement is not itself replaced within its first 30 seconds.
 */
export class RefusedTokens {
  readonly #clock: Clock;
  #replacement: { readonly version: number; readonly sinceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes the token that is handed out in the place of a refused one, whoever renewed it. */
  noteReplacement(version: number): void {
    if (this.#replacement?.version !== version) this.#replacement = { version, sinceMs: this.#clock.now() };
  }

  /** What a caller hears whose token was refused, when it is a replacement too young to be replaced. */
  holdsBack(version: number): AuthenticationError | undefined {
    if (this.#replacement?.version !== version) return undefined;
    const leftMs = this.#replacement.sinceMs + restMs - this.#clock.now();
    if (leftMs <= 0) return undefined;
    return new AuthenticationError(
      "The vendor refuses also the access token that it has just granted: check what the account and this client are " +
        `allowed to do. The next renewal is in ${Math.ceil(leftMs / 1000)} s.`,
    );
  }
}
