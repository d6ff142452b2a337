import { isConnectorError, TransientError } from "../errors/index.js";
import { silentLogger, systemClock, systemRandom } from "../runtime/index.js";
import { AttemptResults } from "./attempt-results.js";
import { ExpiryInquiry } from "./expiry-inquiry.js";
import { insist } from "./insist.js";
import { type Held, KnownTokens, tokenOf } from "./known-tokens.js";
import { defaultRefreshPolicy } from "./profile.js";
import { RefusedTokens } from "./refused-tokens.js";
import type { BegunClaim } from "./renewal-attempt.js";
import type { TokenContext } from "./token-context.js";
import type { TokenManagerOptions } from "./token-manager-options.js";
import { TokenRenewal } from "./token-renewal.js";
import type { AccessToken, TokenSet, TokenSource } from "./token-set.js";
import type { TokenRecord } from "./token-store.js";
import { untilAborted } from "./wait.js";

/**
 * Hands out access tokens that are valid now, and renews them so that each renewal happens once, however many callers,
 * managers and processes want it.
 *
 * - Ahead of the expiry a token is renewed in the background, and served meanwhile. Callers wait for a renewal only when
 *   there is no valid token.
 * - A token whose expiry the vendor stated is never served after it. Where the lifetime is only assumed, a token that
 *   cannot be renewed just now is still served: the vendor refuses it if it is over, and `notVersion` follows.
 * - Where the answer states no lifetime and the issuer can be asked for it, it is asked once, in the background and after the
 *   set is stored; from then on the answer counts as stated.
 * - A connection that needs a person still serves its access token while that lasts.
 * - While the store is away, the token in hand is served while it lasts; the store is asked again every 5 s.
 * - A refused token is replaced once. When the vendor refuses the replacement too, callers hear `AUTHENTICATION_FAILED`,
 *   and the next renewal for such a reason is made 30 s after the last one.
 * - When the store is away after the vendor has answered, the new set stays in this manager's memory and lands with the
 *   next call; it is not served before it is stored. A process that dies in that state loses it, and the store then
 *   calls the attempt ambiguous. A store with a journal of its own (`commit` writes there first) closes most of that
 *   window; none can close all of it.
 */
export class TokenManager implements TokenSource {
  readonly #context: TokenContext;
  readonly #known: KnownTokens;
  readonly #inquiry: ExpiryInquiry;
  readonly #results: AttemptResults;
  readonly #renewal: TokenRenewal;
  readonly #refused: RefusedTokens;
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
    this.#inquiry = new ExpiryInquiry(this.#context);
    this.#results = new AttemptResults(this.#context, this.#inquiry);
    this.#renewal = new TokenRenewal(this.#context, this.#results);
    this.#refused = new RefusedTokens(clock);
  }

  /** The tokens that this process knows of: what may stand in no text. */
  get secrets(): readonly string[] {
    const tokens = this.#known.held?.record.tokens;
    return [tokens?.accessToken, tokens?.refreshToken].filter((token) => token !== undefined);
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
      if (!this.#renewal.isUnderWay) await this.#results.landLate();
      const held = await this.#load();
      this.#known.assertRenewable(held);
      return tokenOf(await this.#renewal.run(held, true));
    };
    return untilAborted(renewal(), options.signal);
  }

  /**
   * Renews under a claim that `begin` of the same store has granted to somebody else in this process: a worker that begins
   * many connections at once.
   *
   * @param beganAtMs - Before the claim was made, by this manager's clock: the call's time runs from there.
   * @throws what {@link refreshNow} throws.
   */
  async renewUnder(claim: BegunClaim, beganAtMs: number): Promise<AccessToken> {
    return tokenOf(await this.#renewal.runUnder(claim, beganAtMs));
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
    try {
      return tokenOf(await this.#results.land(claim.attemptId, tokens, false));
    } catch (error) {
      // The person is told that it failed, and that has to stay true.
      this.#results.drop(claim.attemptId);
      throw error;
    }
  }

  /** The stored record, read now. */
  async load(): Promise<TokenRecord> {
    return (await this.#load()).record;
  }

  /**
   * Waits until nobody renews, here or elsewhere, and claims the renewing for itself: from then on the stored set is the
   * latest one until {@link clear}. For a disconnect, which would otherwise revoke a token that is being replaced.
   */
  async quiesce(): Promise<void> {
    await this.#renewal.settle();
    await this.#renewal.block();
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

  /**
   * Waits for a renewal in the background, and for what the vendor is asked of its result, so that a process can end in order.
   * Never throws.
   */
  async settle(): Promise<void> {
    await this.#renewal.settle();
    await this.#inquiry.settle();
  }

  /**
   * Ends the waiting for other processes, begins no renewal any more, and waits until the one that has called the vendor is
   * stored: its refresh token may be spent. Never throws.
   */
  async close(): Promise<void> {
    await this.#renewal.close();
    await this.#inquiry.close();
  }

  async #findToken(notVersion: number | undefined): Promise<AccessToken> {
    let held = await this.#latest(notVersion);
    if (notVersion !== undefined && held.record.version === notVersion) held = await this.#assertWorthRenewing(held);
    for (let round = 0; round < 3; round += 1) {
      const found = this.#known.servable(held, notVersion);
      if (found === "now") {
        if (this.#isDue(held)) this.#renewal.runInBackground(held);
        if (notVersion !== undefined) this.#refused.noteReplacement(held.record.version);
        return tokenOf(held);
      }
      this.#known.assertRenewable(held);
      try {
        held = await this.#renewal.run(held);
      } catch (error) {
        const isOver = isConnectorError(error) && error.code === "RECONNECT_REQUIRED";
        if (found === "if_need_be" && !isOver) return tokenOf(held);
        throw error;
      }
    }
    throw new TransientError("VENDOR_UNAVAILABLE", "The access token ended again and again while it was renewed.");
  }

  /** @throws {AuthenticationError} when the refused token replaced a refused one, unless the store has another by now. */
  async #assertWorthRenewing(held: Held): Promise<Held> {
    const { version } = held.record;
    const heldBack = this.#refused.holdsBack(version);
    if (heldBack === undefined) return held;
    const latest = await this.#load();
    if (latest.record.version === version) throw heldBack;
    return latest;
  }

  #isDue(held: Held): boolean {
    // Where the next set is in hand and only waits for the store, each call tries to land it instead.
    return this.#results.unlanded === undefined && this.#known.isDue(held);
  }

  /**
   * What is known, no older than `cacheMs`; first, what an earlier call could not land is landed. While the store is away,
   * what was known before goes on counting for a token that can still be served.
   */
  async #latest(notVersion?: number): Promise<Held> {
    try {
      if (!this.#renewal.isUnderWay) await this.#results.landLate();
      return this.#known.fresh() ?? (await this.#load());
    } catch (error) {
      const { held } = this.#known;
      if (held === undefined || !isAbsence(error) || this.#known.servable(held, notVersion) === "never") throw error;
      this.#known.prolong();
      return held;
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

/** Whether the store could not answer. One that answers with a failure that stays (a value that does not open) did. */
function isAbsence(error: unknown): boolean {
  return !isConnectorError(error) || error.retryable;
}
