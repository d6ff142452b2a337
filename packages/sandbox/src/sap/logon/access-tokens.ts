import { BoundedMap } from "../../shared/bounded-map.js";
import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { SapSettings } from "../settings.js";

/** Access tokens of both token endpoints, with the user each stands for. */
export class AccessTokens {
  readonly #tokens = new BoundedMap<string, { user: string; expiresAt: number }>(5_000);
  readonly #parts: { clock: Clock; random: RandomBytes; settings: SapSettings };

  constructor(parts: { clock: Clock; random: RandomBytes; settings: SapSettings }) {
    this.#parts = parts;
  }

  /** @returns the token, and the seconds it is good for. */
  issue(user: string): { token: string; expiresInSeconds: number } {
    const { clock, random, settings } = this.#parts;
    const token = Buffer.from(random(36)).toString("base64url");
    this.#tokens.set(token, { user: user.toUpperCase(), expiresAt: clock() + settings.accessTokenLifetimeMs });
    return { token, expiresInSeconds: Math.floor(settings.accessTokenLifetimeMs / 1000) - 1 };
  }

  /** The user of a token, or `undefined` when it is unknown or has run out. */
  userOf(token: string): string | undefined {
    const found = this.#tokens.get(token);
    return found === undefined || found.expiresAt <= this.#parts.clock() ? undefined : found.user;
  }

  /** Lets all run out. @returns how many were good. */
  expireAll(): number {
    const now = this.#parts.clock();
    const good = [...this.#tokens.values()].filter(({ expiresAt }) => expiresAt > now).length;
    this.#tokens.clear();
    return good;
  }
}
