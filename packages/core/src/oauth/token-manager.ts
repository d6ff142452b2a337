import { isConnectorError, TransientError } from "../errors/index.js";
import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import { type Clock, type Logger, type Random, silentLogger, systemClock, systemRandom } from "../runtime/index.js";
import { AttemptResults } from "./attempt-results.js";
import { insist } from "./insist.js";
import { type Held, KnownTokens, tokenOf } from "./known-tokens.js";
import { defaultRefreshPolicy, type RefreshPolicy } from "./profile.js";
import type { TokenContext } from "./token-context.js";
import type { TokenIssuer } from "./token-issuer.js";
import { TokenRenewal } from "./token-renewal.js";
import type { AccessToken, TokenSet, TokenSource } from "./token-set.js";
import type { TokenRecord, TokenStore } from "./token-store.js";
import { untilAborted } from "./wait.js";

/** What a {@link TokenManager} works with. */
export interface TokenManagerOptions {
  /** Of this one connection. What makes many processes refresh once is this store. */
  readonly store: TokenStore;
  /** Usually an {@link OAuthClient}. */
  readonly client: TokenIssuer;
  /** Named in events and log lines. */
  readonly connection: ConnectionIdentity;
  /** Tokens that were obtained elsewhere: stored at the first use, if nothing has ever been stored. */
  readonly initialTokens?: TokenSet;
  /** Default: {@link defaultRefreshPolicy}. */
  readonly policy?: RefreshPolicy;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `node:crypto`'s. */
  readonly random?: Random;
  /** Default: nobody is told. */
  readonly events?: EventEmitter;
  /** Default: silent. */
  readonly logger?: Logger;
  /**
   * How long a valid token is served without looking at the store, in milliseconds: the longest time for which a
   * disconnect or a new authorization in another process goes unnoticed here. Default 30 000.
   */
  readonly cacheMs?: number;
  /** Hard limit of one call of the vendor, in milliseconds. Default 25 000. */
  readonly callTimeoutMs?: number;
  /** How long others leave our attempt alone, in milliseconds. Longer than `callTimeoutMs`. Default 40 000. */
  readonly leaseMs?: number;
}

/**
 * Hands out access tokens that are valid now, and renews them so that each renewal happens once, however many callers,
 * managers and processes want it.
 *
 * - Ahead of the expiry a token is renewed in the background, and served meanwhile. Callers wait for a renewal only when
 *   there is no valid token.
 * - A token whose expiry the vendor stated is never served after it. Where the lifetime is only assumed, a token that
 *   cannot be renewed just now is still served: the vendor refuses it if it is over, and `notVersion` follows.
 * - A connection that needs a person still serves its access token while that lasts.
 * - When the store is away after the vendor has answered, the new set stays in this manager's memory and lands with the
 *   next call; it is not served before it is stored. A process that dies in that state loses it, and the store then
 *   calls the attempt ambiguous. A store with a journal of its own (`commit` writes there first) closes most of that
 *   window; none can close all of it.
 */
export class TokenManager implements TokenSource {
  readonly #context: TokenContext;
  readonly #known: KnownTokens;
  readonly #results: AttemptResults;
  readonly #renewal: TokenRenewal;
  #loading: Promise<Held> | undefined;

  constructor(options: TokenManagerOptions) {
    const { store, client: issuer, connection, events, initialTokens } = options;
    const {
      policy = defaultRefreshPolicy,
      clock = systemClock,
      random = systemRandom,
      logger = silentLogger,
    } = options;
    const { cacheMs = 30_000, callTimeoutMs = 25_000, leaseMs = 40_000 } = options;
    if (leaseMs <= callTimeoutMs) throw new RangeError("leaseMs has to be longer than callTimeoutMs");
    const grantsAlone = issuer.grant !== undefined;
    const known = new KnownTokens({ policy, clock, random, cacheMs, grantsAlone, initialTokens });
    const parts = { store, issuer, connection, policy, clock, random, events, logger, known };
    this.#context = { ...parts, callTimeoutMs, leaseMs };
    this.#known = known;
    this.#results = new AttemptResults(this.#context);
    this.#renewal = new TokenRenewal(this.#context, this.#results);
  }

  async accessToken(
    options: { readonly notVersion?: number; readonly signal?: AbortSignal } = {},
  ): Promise<AccessToken> {
    // The hot path: nothing is due, so nothing but the clock is looked at.
    const token = this.#known.ready(options.notVersion);
    if (token !== undefined && options.signal?.aborted !== true) return token;
    return untilAborted(this.#findToken(options.notVersion), options.signal);
  }

  /**
   * Renews if a renewal is due, and waits for it. For workers that renew ahead, so that no operation has to wait.
   * @returns whether a new set was stored.
   */
  async refreshIfDue(): Promise<boolean> {
    const held = await this.#latest();
    if (!this.#isDue(held)) return false;
    const renewed = await this.#renewal.run(held);
    return renewed.record.version > held.record.version;
  }

  /**
   * Renews now, due or not, also while the vendor is being left alone after failures. Joins a renewal that is under way.
   * @throws {AuthenticationError} `RECONNECT_REQUIRED` when there is nothing to renew.
   */
  async refreshNow(options: { readonly signal?: AbortSignal } = {}): Promise<AccessToken> {
    const renewal = async () => {
      const held = await this.#load();
      this.#known.assertRenewable(held);
      return tokenOf(await this.#renewal.run(held, true));
    };
    return untilAborted(renewal(), options.signal);
  }

  /**
   * Stores the tokens of a fresh authorization. They take the place of everything else, a refresh under way included.
   * @returns the token that is current now: somebody may have connected again meanwhile.
   */
  async accept(tokens: TokenSet): Promise<AccessToken> {
    const { store, leaseMs } = this.#context;
    const version = this.#known.held?.record.version ?? 0;
    const claim = await insist(() => store.begin({ purpose: "authorize", version, leaseMs }), this.#context);
    if (claim.outcome !== "begun") {
      throw new TransientError("VENDOR_UNAVAILABLE", "The token store did not take the new connection.");
    }
    return tokenOf(await this.#results.land(claim.attemptId, tokens, false));
  }

  /** The stored record, read now. */
  async load(): Promise<TokenRecord> {
    return (await this.#load()).record;
  }

  /** The latest tokens, valid or not: what a disconnect has to revoke. `undefined` when there are none. */
  async peek(): Promise<TokenSet | undefined> {
    const { unlanded } = this.#results;
    if (unlanded !== undefined) return unlanded;
    const { record } = await this.#load();
    return record.tokens ?? this.#known.firstTokens(record);
  }

  /** Destroys the tokens here and in the store. Revoke them at the vendor first. Doing it twice does no harm. */
  async clear(): Promise<void> {
    await insist(() => this.#context.store.clear(), this.#context);
    this.#results.drop();
    this.#known.forget();
    await this.#load();
  }

  /** Waits for a renewal in the background, so that a process can end in order. Never throws. */
  async settle(): Promise<void> {
    await this.#renewal.settle();
  }

  async #findToken(notVersion: number | undefined): Promise<AccessToken> {
    let held = await this.#latest();
    for (let round = 0; round < 3; round += 1) {
      const found = this.#known.servable(held, notVersion);
      if (found === "now") {
        if (this.#isDue(held)) this.#renewal.runInBackground(held);
        return tokenOf(held);
      }
      this.#known.assertRenewable(held);
      try {
        held = await this.#renewal.run(held);
      } catch (error) {
        if (found === "if_need_be" && isConnectorError(error) && error.code !== "RECONNECT_REQUIRED") {
          return tokenOf(held);
        }
        throw error;
      }
    }
    throw new TransientError("VENDOR_UNAVAILABLE", "The access token ended again and again while it was renewed.");
  }

  #isDue(held: Held): boolean {
    // Where the next set is in hand and only waits for the store, each call tries to land it instead.
    return this.#results.unlanded === undefined && this.#known.isDue(held);
  }

  async #latest(): Promise<Held> {
    if (!this.#renewal.isUnderWay) await this.#landLate();
    return this.#known.fresh() ?? this.#load();
  }

  /** Lands what an earlier call could not. While the store is away, a token that is valid goes on being served. */
  async #landLate(): Promise<void> {
    try {
      await this.#results.landLate();
    } catch (error) {
      const held = this.#known.held;
      if (held === undefined || this.#known.servable(held, undefined) !== "now") throw error;
    }
  }

  #load(): Promise<Held> {
    const { store } = this.#context;
    this.#loading ??= (async () => this.#known.adopt(await store.load()))().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }
}
