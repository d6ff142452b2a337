import { AuthenticationError, type ConnectorErrorCode, isConnectorError, TransientError } from "../errors/index.js";
import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import { type Clock, type Logger, type Random, silentLogger, systemClock, systemRandom } from "../runtime/index.js";
import { codeOf, insist } from "./insist.js";
import { type Held, KnownTokens, type Servable } from "./known-tokens.js";
import { defaultRefreshPolicy, type RefreshPolicy } from "./profile.js";
import { backoffMs, planRefresh, type RefreshSchedule } from "./refresh-schedule.js";
import type { TokenIssuer } from "./token-issuer.js";
import { callIssuer, type IssuerFailure, judgeFailure, mayRepeat } from "./token-refresh.js";
import type { AccessToken, TokenSet, TokenSource } from "./token-set.js";
import type { AbandonRequest, BeginResult, CommitRequest, TokenRecord, TokenStore } from "./token-store.js";
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

/** The vendor's answer that the store has not taken yet. */
interface Unlanded {
  readonly attemptId: string;
  readonly request: CommitRequest;
  readonly schedule: RefreshSchedule;
  readonly refreshed: boolean;
}

/** The end of an attempt that the store has not taken yet. */
interface Unended {
  readonly attemptId: string;
  readonly request: AbandonRequest;
}

const renewalRounds = 10;
const longestPauseMs = 2000;

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
  readonly #store: TokenStore;
  readonly #issuer: TokenIssuer;
  readonly #connection: ConnectionIdentity;
  readonly #policy: RefreshPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: EventEmitter | undefined;
  readonly #logger: Logger;
  readonly #known: KnownTokens;
  readonly #callTimeoutMs: number;
  readonly #leaseMs: number;
  #initialTokens: TokenSet | undefined;
  #loading: Promise<Held> | undefined;
  #renewing: Promise<Held> | undefined;
  #unlanded: Unlanded | undefined;
  #unended: Unended | undefined;
  #lastFailure: unknown;

  constructor(options: TokenManagerOptions) {
    this.#store = options.store;
    this.#issuer = options.client;
    this.#initialTokens = options.initialTokens;
    this.#connection = options.connection;
    this.#policy = options.policy ?? defaultRefreshPolicy;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#events = options.events;
    this.#logger = options.logger ?? silentLogger;
    this.#known = new KnownTokens(this.#policy, this.#clock, this.#random, options.cacheMs ?? 30_000);
    this.#callTimeoutMs = options.callTimeoutMs ?? 25_000;
    this.#leaseMs = options.leaseMs ?? 40_000;
    if (this.#leaseMs <= this.#callTimeoutMs) throw new RangeError("leaseMs has to be longer than callTimeoutMs");
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
    const renewed = await this.#renew(held);
    return renewed.record.version > held.record.version;
  }

  /**
   * Renews now, due or not, also while the vendor is being left alone after failures. Joins a renewal that is under way.
   * @throws {AuthenticationError} `RECONNECT_REQUIRED` when there is nothing to renew.
   */
  async refreshNow(options: { readonly signal?: AbortSignal } = {}): Promise<AccessToken> {
    const renewal = async () => {
      const held = await this.#load();
      this.#assertRenewable(held);
      return tokenOf(await this.#renew(held, true));
    };
    return untilAborted(renewal(), options.signal);
  }

  /**
   * Stores the tokens of a fresh authorization. They take the place of everything else, a refresh under way included.
   * @returns the token that is current now: somebody may have connected again meanwhile.
   */
  async accept(tokens: TokenSet): Promise<AccessToken> {
    const claim = await this.#insist(async () => {
      const version = this.#known.held?.record.version ?? 0;
      return this.#store.begin({ purpose: "authorize", version, leaseMs: this.#leaseMs });
    });
    if (claim.outcome !== "begun")
      throw new TransientError("VENDOR_UNAVAILABLE", "The token store did not take the new connection.");
    return tokenOf(await this.#land(claim.attemptId, tokens, false));
  }

  /** The stored record, read now. */
  async load(): Promise<TokenRecord> {
    return (await this.#load()).record;
  }

  /** The latest tokens, valid or not: what a disconnect has to revoke. `undefined` when there are none. */
  async peek(): Promise<TokenSet | undefined> {
    if (this.#unlanded !== undefined) return this.#unlanded.request.tokens;
    const { record } = await this.#load();
    return record.tokens ?? this.#firstTokens(record);
  }

  /** Destroys the tokens here and in the store. Revoke them at the vendor first. Doing it twice does no harm. */
  async clear(): Promise<void> {
    await this.#insist(() => this.#store.clear());
    this.#unlanded = undefined;
    this.#initialTokens = undefined;
    this.#known.expire();
    await this.#load();
  }

  /** Waits for a renewal in the background, so that a process can end in order. Never throws. */
  async settle(): Promise<void> {
    if (this.#renewing !== undefined) await Promise.allSettled([this.#renewing]);
  }

  async #findToken(notVersion: number | undefined): Promise<AccessToken> {
    let held = await this.#latest();
    for (let round = 0; round < 3; round += 1) {
      const found = this.#servable(held, notVersion);
      if (found === "now") {
        if (this.#isDue(held)) this.#renewInBackground(held);
        return tokenOf(held);
      }
      this.#assertRenewable(held);
      try {
        held = await this.#renew(held);
      } catch (error) {
        if (found === "if_need_be" && isConnectorError(error) && !needsPerson(error)) return tokenOf(held);
        throw error;
      }
    }
    throw new TransientError("VENDOR_UNAVAILABLE", "The access token ended again and again while it was renewed.");
  }

  #servable(held: Held, notVersion: number | undefined): Servable {
    return this.#known.servable(held, notVersion, this.#canRenew(held.record));
  }

  #isDue(held: Held): boolean {
    // Where the next set is in hand and only waits for the store, each call tries to land it instead.
    return this.#unlanded === undefined && this.#canRenew(held.record) && this.#known.isDue(held);
  }

  #canRenew(record: TokenRecord): boolean {
    if (record.tokens?.refreshToken !== undefined || this.#issuer.grant !== undefined) return true;
    return this.#firstTokens(record) !== undefined;
  }

  /** Tokens from elsewhere count only until something is stored: after a disconnect they must not come back. */
  #firstTokens(record: TokenRecord): TokenSet | undefined {
    return record.version === 0 ? this.#initialTokens : undefined;
  }

  #assertRenewable(held: Held): void {
    const { record } = held;
    if (record.status === "reconnect_required") throw grantGone();
    if (record.tokens === undefined && !this.#canRenew(record)) throw notConnected();
  }

  async #latest(): Promise<Held> {
    if (this.#unlanded !== undefined && this.#renewing === undefined) await this.#landLate(this.#unlanded);
    return this.#known.fresh() ?? this.#load();
  }

  #load(): Promise<Held> {
    this.#loading ??= (async () => this.#known.adopt(await this.#store.load()))().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  #renewInBackground(held: Held): void {
    if (this.#renewing !== undefined) return;
    this.#renew(held).catch((error: unknown) => {
      this.#logger.debug(
        { ...this.#connection, code: codeOf(error) },
        "A renewal ahead of time failed; the token in hand is still valid",
      );
    });
  }

  /** Renews what `held` holds, once for all callers of this process. */
  #renew(held: Held, now = false): Promise<Held> {
    this.#renewing ??= this.#runRenewal(held, now).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #runRenewal(start: Held, ignoreBackoff: boolean): Promise<Held> {
    let held = start;
    let repeats: string | undefined;
    if (this.#unlanded !== undefined) return this.#commit(this.#unlanded);
    if (this.#unended !== undefined) held = await this.#abandon(this.#unended.attemptId, this.#unended.request);
    if (!ignoreBackoff) this.#assertNotLeftAlone(held);
    for (let round = 0; round < renewalRounds; round += 1) {
      const { version } = held.record;
      const beganAtMs = this.#clock.now();
      const claim = await this.#store.begin({
        purpose: "refresh",
        version,
        leaseMs: this.#leaseMs,
        ...(repeats === undefined ? {} : { repeats }),
      });
      repeats = undefined;
      switch (claim.outcome) {
        case "superseded":
          return this.#known.adopt(claim.record);
        case "reconnect_required":
          this.#known.adopt(claim.record);
          throw grantGone();
        case "held":
          held = await this.#waitForOther(held, claim.leaseMs);
          if (held.record.version !== version) return held;
          if (!ignoreBackoff) this.#assertNotLeftAlone(held);
          break;
        case "ambiguous":
          held = this.#known.adopt(claim.record);
          if (!mayRepeat(claim, this.#policy)) throw await this.#giveUp(claim);
          if (!ignoreBackoff) await this.#pauseBeforeRepeat(held);
          repeats = claim.attemptId;
          break;
        case "begun": {
          const renewed = await this.#attempt(claim, beganAtMs);
          if (renewed !== undefined) return renewed;
          // Unknown: the store calls it ambiguous now, and the policy decides in the next round.
          held = this.#known.held ?? held;
          break;
        }
      }
    }
    throw new TransientError("TIMEOUT", "Another process has been renewing this connection's token for too long.");
  }

  /** Calls the vendor. `undefined`: nobody knows whether the refresh token was used. */
  async #attempt(claim: Extract<BeginResult, { outcome: "begun" }>, beganAtMs: number): Promise<Held | undefined> {
    const { attemptId, record } = claim;
    const first = this.#firstTokens(record);
    if (first !== undefined) return this.#land(attemptId, first, false);
    const budgetMs = beganAtMs + this.#callTimeoutMs - this.#clock.now();
    let tokens: TokenSet;
    try {
      tokens = await callIssuer(this.#issuer, record.tokens, budgetMs);
    } catch (error) {
      return this.#fail(attemptId, record, judgeFailure(error, record.tokens, this.#policy));
    }
    return this.#land(attemptId, tokens, true);
  }

  async #fail(attemptId: string, record: TokenRecord, failure: IssuerFailure): Promise<Held | undefined> {
    const { outcome, error, code } = failure;
    const failures = record.failures + 1;
    const request: AbandonRequest =
      outcome === "grant_gone"
        ? { outcome, code }
        : { outcome, code, retryInMs: failure.retryAfterMs ?? backoffMs(record.failures, this.#random) };
    this.#lastFailure = error;
    this.#logger.warn({ ...this.#connection, code, outcome, failures }, "A token renewal failed");
    this.#events?.emit("token.refresh_failed", { connection: this.#connection, code, failures });
    const now = await this.#abandon(attemptId, request);
    if (now.record.version !== record.version) return now;
    if (outcome === "unknown") return undefined;
    if (outcome === "grant_gone") this.#announceReconnect(code);
    throw error;
  }

  /** Gives an ambiguous grant up, because the vendor's policy forbids to send its refresh token again. */
  async #giveUp(claim: Extract<BeginResult, { outcome: "ambiguous" }>): Promise<AuthenticationError> {
    await this.#abandon(claim.attemptId, { outcome: "grant_gone", code: "OUTCOME_UNKNOWN" });
    this.#announceReconnect("OUTCOME_UNKNOWN");
    return new AuthenticationError(
      "A token refresh ended without an answer, and this vendor's refresh tokens must not be sent twice: connect again.",
      { reconnectRequired: true },
    );
  }

  #announceReconnect(code: ConnectorErrorCode): void {
    this.#logger.error({ ...this.#connection, code }, "A person has to connect again");
    this.#events?.emit("connector.reconnect_required", { connection: this.#connection, code });
  }

  /** Ends an attempt. An end that the store did not take is told again before the next renewal. */
  async #abandon(attemptId: string, request: AbandonRequest): Promise<Held> {
    this.#unended = { attemptId, request };
    return this.#insist(async () => {
      await this.#store.abandon(attemptId, request);
      this.#unended = undefined;
      return this.#known.adopt(await this.#store.load());
    });
  }

  async #waitForOther(start: Held, leaseMs: number): Promise<Held> {
    const untilMs = this.#clock.now() + leaseMs;
    let held = start;
    for (let pauseMs = 50; this.#clock.now() < untilMs; pauseMs = Math.min(pauseMs * 2, 2000)) {
      const leftMs = untilMs - this.#clock.now();
      await this.#clock.sleep(Math.min(leftMs, pauseMs * (0.5 + this.#random.number())));
      held = this.#known.adopt(await this.#store.load());
      const { version, status, failures } = held.record;
      const changed = version !== start.record.version || status !== "active" || failures !== start.record.failures;
      if (changed) return held;
    }
    return held;
  }

  async #land(attemptId: string, tokens: TokenSet, refreshed: boolean): Promise<Held> {
    const schedule = planRefresh(tokens, this.#policy, this.#random);
    const request = { tokens, refreshAtMs: schedule.refreshAtMs };
    const unlanded = { attemptId, request, schedule, refreshed };
    this.#unlanded = unlanded;
    return this.#insist(() => this.#commit(unlanded));
  }

  /** Lands what an earlier call could not. While the store is away, a token that is valid goes on being served. */
  async #landLate(unlanded: Unlanded): Promise<void> {
    try {
      await this.#commit(unlanded);
    } catch (error) {
      const held = this.#known.held;
      if (held === undefined || this.#servable(held, undefined) !== "now") throw error;
    }
  }

  async #commit(unlanded: Unlanded): Promise<Held> {
    const { outcome, record } = await this.#store.commit(unlanded.attemptId, unlanded.request);
    const first = this.#unlanded === unlanded;
    if (first) this.#unlanded = undefined;
    const held = this.#known.adopt(record, outcome === "committed" ? unlanded.schedule : undefined);
    if (outcome === "committed" && first && unlanded.refreshed) {
      this.#lastFailure = undefined;
      this.#events?.emit("token.refreshed", { connection: this.#connection, version: record.version });
    }
    return held;
  }

  #insist<Result>(work: () => Promise<Result>): Promise<Result> {
    const [clock, random, logger, connection] = [this.#clock, this.#random, this.#logger, this.#connection];
    return insist(work, { clock, random, logger, connection });
  }

  /** After a lost answer the vendor gets a moment; callers wait for a short one, not for a long one. */
  async #pauseBeforeRepeat(held: Held): Promise<void> {
    const pauseMs = held.retryAtMs - this.#clock.now();
    if (pauseMs > longestPauseMs) this.#assertNotLeftAlone(held);
    else if (pauseMs > 0) await this.#clock.sleep(pauseMs);
  }

  #assertNotLeftAlone(held: Held): void {
    const waitMs = held.retryAtMs - this.#clock.now();
    if (waitMs <= 0) return;
    const last = this.#lastFailure;
    if (isConnectorError(last) && last.code !== "OUTCOME_UNKNOWN") throw last;
    throw new TransientError(
      "VENDOR_UNAVAILABLE",
      `Renewing the access token has failed ${held.record.failures} times; the next try is in ${Math.ceil(waitMs / 1000)} s.`,
    );
  }
}

function tokenOf(held: Held): AccessToken {
  if (held.current === undefined) throw notConnected();
  return held.current.token;
}

function notConnected(): AuthenticationError {
  return new AuthenticationError("Nobody has connected this yet, or it was disconnected: connect it first.", {
    reconnectRequired: true,
  });
}

function grantGone(): AuthenticationError {
  return new AuthenticationError("The vendor no longer accepts this connection: connect again.", {
    reconnectRequired: true,
  });
}

function needsPerson(error: unknown): boolean {
  return isConnectorError(error) && error.code === "RECONNECT_REQUIRED";
}
