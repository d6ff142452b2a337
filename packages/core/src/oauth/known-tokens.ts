import type { Clock, Random } from "../runtime/index.js";
import type { RefreshPolicy } from "./profile.js";
import { grantGone, notConnected } from "./reconnect-errors.js";
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
  /** Until then, by our clock, the store need not be asked. */
  readonly freshUntilMs: number;
}

/** Whether a token may be handed out: at once, only if no better one can be had, or not at all. */
export type Servable = "now" | "if_need_be" | "never";

/** What {@link KnownTokens} goes by. */
export interface KnownTokensOptions {
  readonly policy: RefreshPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a record counts as fresh, in milliseconds. */
  readonly cacheMs: number;
  /** Whether the issuer grants tokens without a person. */
  readonly grantsAlone: boolean;
  /** Tokens that were obtained elsewhere. */
  readonly initialTokens: TokenSet | undefined;
}

const longestProlongingMs = 5000;

/** The latest record that this process knows of one connection. Only ever moves on to newer versions. */
export class KnownTokens {
  readonly #options: KnownTokensOptions;
  readonly #clock: Clock;
  #initialTokens: TokenSet | undefined;
  #held: Held | undefined;
  #servedUntilMs = 0;

  constructor(options: KnownTokensOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#initialTokens = options.initialTokens;
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
    return this.#clock.now() < held.freshUntilMs ? held : undefined;
  }

  /**
   * Takes a record over, unless a newer one is known: a slow answer must not bring a spent token back.
   * @param planned - The schedule under which this set was stored.
   */
  adopt(given: TokenRecord, planned?: RefreshSchedule): Held {
    const known = this.#held;
    if (known !== undefined && known.record.version > given.version) return known;
    const record = withKnownExpiry(given, known?.record);
    const { policy, random, cacheMs } = this.#options;
    const now = this.#clock.now();
    const { tokens, version } = record;
    let current: Held["current"];
    if (tokens !== undefined) {
      // Decided once for each set: a new jitter at each look would end in the earliest of them all.
      const isSame = known?.record.version === version && known.record.tokens?.expiresAtMs === tokens.expiresAtMs;
      const same = isSame ? known.current : undefined;
      const schedule = same?.schedule ?? planned ?? planRefresh(tokens, policy, random);
      current = { token: same?.token ?? toAccessToken(tokens, version), schedule };
    }
    const servedUntilMs = current === undefined ? 0 : Math.min(now + cacheMs, current.schedule.refreshAtMs);
    this.#servedUntilMs = record.status === "active" ? servedUntilMs : 0;
    this.#held = { record, current, retryAtMs: now + Math.max(0, record.retryInMs), freshUntilMs: now + cacheMs };
    return this.#held;
  }

  /** After a disconnect: forgets the tokens from elsewhere, and makes the next call look at the store. */
  forget(): void {
    this.#initialTokens = undefined;
    this.#servedUntilMs = 0;
    if (this.#held !== undefined) this.#held = { ...this.#held, freshUntilMs: 0 };
  }

  /** The store did not answer: for a moment what is known counts as fresh, so that not every call has to find that out. */
  prolong(): void {
    const held = this.#held;
    if (held === undefined) return;
    const freshUntilMs = this.#clock.now() + Math.min(this.#options.cacheMs, longestProlongingMs);
    this.#held = { ...held, freshUntilMs };
    if (held.current !== undefined && held.record.status === "active") {
      this.#servedUntilMs = Math.min(freshUntilMs, held.current.schedule.refreshAtMs);
    }
  }

  /** Tokens from elsewhere count only until something is stored: after a disconnect they must not come back. */
  firstTokens(record: TokenRecord): TokenSet | undefined {
    return record.version === 0 ? this.#initialTokens : undefined;
  }

  /** Whether there is a way to a new set. */
  canRenew(record: TokenRecord): boolean {
    if (record.tokens?.refreshToken !== undefined || this.#options.grantsAlone) return true;
    return this.firstTokens(record) !== undefined;
  }

  /** @throws {AuthenticationError} `RECONNECT_REQUIRED` when the grant is gone, or nothing was ever granted. */
  assertRenewable({ record }: Held): void {
    if (record.status === "reconnect_required") throw grantGone();
    if (record.tokens === undefined && !this.canRenew(record)) throw notConnected();
  }

  /** Whether the token of `held` may be handed out to one who was refused the token `notVersion`. */
  servable({ current, record }: Held, notVersion: number | undefined): Servable {
    if (current === undefined || current.token.version === notVersion) return "never";
    if (this.#clock.now() < current.schedule.usableUntilMs) return "now";
    if (current.schedule.stated || record.status !== "active") return "never";
    // Where nothing can be renewed, an assumed expiry means nothing.
    return this.canRenew(record) ? "if_need_be" : "now";
  }

  /** Whether the set's moment has come, there is a way to a new one, and the vendor is not being left alone. */
  isDue({ current, record, retryAtMs }: Held): boolean {
    if (current === undefined || record.status !== "active" || !this.canRenew(record)) return false;
    return this.#clock.now() >= Math.max(current.schedule.refreshAtMs, retryAtMs);
  }
}

/** @throws {AuthenticationError} `RECONNECT_REQUIRED` when there is none. */
export function tokenOf({ current }: Held): AccessToken {
  if (current === undefined) throw notConnected();
  return current.token;
}

/** When the token ends may have been learned after it was stored, where the store cannot note it or was read before. */
function withKnownExpiry(record: TokenRecord, known: TokenRecord | undefined): TokenRecord {
  const isOlder = record.tokens !== undefined && record.tokens.expiresAtMs === undefined;
  return isOlder && known?.version === record.version ? { ...record, tokens: known.tokens } : record;
}

function toAccessToken(tokens: TokenSet, version: number): AccessToken {
  const { accessToken, tokenType, expiresAtMs, attributes } = tokens;
  return { value: accessToken, tokenType, version, attributes, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}
