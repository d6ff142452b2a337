import type { Clock, Random } from "../runtime/index.js";
import type { RefreshPolicy } from "./profile.js";
import { planRefresh, type RefreshSchedule } from "./refresh-schedule.js";
import type { AccessToken, TokenSet } from "./token-set.js";
import type { TokenRecord } from "./token-store.js";

/** A record with what was worked out for it. */
export interface Held {
  readonly record: TokenRecord;
  /** `undefined` when nothing is stored. */
  readonly current: { readonly token: AccessToken; readonly schedule: RefreshSchedule } | undefined;
  /** Before it, by our clock, the vendor is left alone. */
  readonly retryAtMs: number;
  readonly loadedAtMs: number;
}

/** Whether a token may be handed out: at once, only if no better one can be had, or not at all. */
export type Servable = "now" | "if_need_be" | "never";

/** The latest record that this process knows of one connection. Only ever moves on to newer versions. */
export class KnownTokens {
  readonly #policy: RefreshPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #cacheMs: number;
  #held: Held | undefined;
  #servedUntilMs = 0;

  constructor(policy: RefreshPolicy, clock: Clock, random: Random, cacheMs: number) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
    this.#cacheMs = cacheMs;
  }

  /** `undefined` before the first look at the store. */
  get held(): Held | undefined {
    return this.#held;
  }

  /** The token, if nothing is due: the record is fresh, the token valid and its renewal ahead. Looks at the clock only. */
  ready(notVersion: number | undefined): AccessToken | undefined {
    if (this.#clock.now() >= this.#servedUntilMs) return undefined;
    const token = this.#held?.current?.token;
    return token?.version === notVersion ? undefined : token;
  }

  /**
   * The record, if it is no older than `cacheMs`. One that does not work is never fresh: somebody may have mended the
   * connection meanwhile.
   */
  fresh(): Held | undefined {
    const held = this.#held;
    if (held?.current === undefined || held.record.status !== "active") return undefined;
    return this.#clock.now() < held.loadedAtMs + this.#cacheMs ? held : undefined;
  }

  /**
   * Takes a record over, unless a newer one is known: a slow answer must not bring a spent token back.
   * @param planned - The schedule under which this set was stored.
   */
  adopt(record: TokenRecord, planned?: RefreshSchedule): Held {
    const known = this.#held;
    if (known !== undefined && known.record.version > record.version) return known;
    const now = this.#clock.now();
    const { tokens, version } = record;
    let current: Held["current"];
    if (tokens !== undefined) {
      // Decided once for each set: a new jitter at each look would end in the earliest of them all.
      const same = known?.record.version === version ? known.current : undefined;
      const schedule = same?.schedule ?? planned ?? planRefresh(tokens, this.#policy, this.#random);
      current = { token: same?.token ?? toAccessToken(tokens, version), schedule };
    }
    const servedUntilMs = current === undefined ? 0 : Math.min(now + this.#cacheMs, current.schedule.refreshAtMs);
    this.#servedUntilMs = record.status === "active" ? servedUntilMs : 0;
    this.#held = { record, current, retryAtMs: now + Math.max(0, record.retryInMs), loadedAtMs: now };
    return this.#held;
  }

  /** Makes the next call look at the store. */
  expire(): void {
    this.#servedUntilMs = 0;
    if (this.#held !== undefined) this.#held = { ...this.#held, loadedAtMs: Number.NEGATIVE_INFINITY };
  }

  /** @param renewable - Whether there is a way to a new set. Without one, an assumed expiry means nothing. */
  servable(held: Held, notVersion: number | undefined, renewable: boolean): Servable {
    const { current, record } = held;
    if (current === undefined || current.token.version === notVersion) return "never";
    if (this.#clock.now() < current.schedule.usableUntilMs) return "now";
    if (current.schedule.stated || record.status !== "active") return "never";
    return renewable ? "if_need_be" : "now";
  }

  /** Whether the set's moment has come, and the vendor is not being left alone after a failure. */
  isDue(held: Held): boolean {
    if (held.current === undefined || held.record.status !== "active") return false;
    return this.#clock.now() >= Math.max(held.current.schedule.refreshAtMs, held.retryAtMs);
  }
}

function toAccessToken(tokens: TokenSet, version: number): AccessToken {
  const { accessToken, tokenType, expiresAtMs, attributes } = tokens;
  return { value: accessToken, tokenType, version, attributes, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}
