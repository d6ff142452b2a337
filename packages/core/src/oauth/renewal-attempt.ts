import type { ConnectorErrorCode } from "../errors/index.js";
import type { AttemptResults } from "./attempt-results.js";
import type { Held } from "./known-tokens.js";
import { grantInDoubt } from "./reconnect-errors.js";
import { refreshBackoffMs } from "./refresh-schedule.js";
import type { TokenContext } from "./token-context.js";
import { callIssuer, type IssuerFailure, judgeFailure } from "./token-refresh.js";
import type { TokenSet } from "./token-set.js";
import type { AbandonRequest, BeginResult, TokenRecord } from "./token-store.js";

/** A claim that the store has granted: the vendor may be called. */
export type BegunClaim = Extract<BeginResult, { outcome: "begun" }>;

/** A claim that met an attempt of unknown outcome. */
export type AmbiguousClaim = Extract<BeginResult, { outcome: "ambiguous" }>;

/** Calls the vendor under a claim, and tells store, log and listeners how that ended. */
export class RenewalAttempt {
  readonly #context: TokenContext;
  readonly #results: AttemptResults;
  #last: { readonly version: number; readonly error: unknown } | undefined;

  constructor(context: TokenContext, results: AttemptResults) {
    this.#context = context;
    this.#results = results;
  }

  /** How the last renewal of this version failed here; `undefined` when it did not. */
  failureOf(version: number): unknown {
    return this.#last?.version === version ? this.#last.error : undefined;
  }

  /**
   * Obtains the next set and stores it.
   *
   * @param beganAtMs - From here on the call's time runs.
   * @returns `undefined` when nobody knows whether the refresh token was used.
   * @throws what the vendor's refusal maps to.
   */
  async run({ attemptId, record }: BegunClaim, beganAtMs: number): Promise<Held | undefined> {
    const { known, issuer, policy, clock, callTimeoutMs } = this.#context;
    const first = known.firstTokens(record);
    if (first !== undefined) return this.#results.land(attemptId, first, false);
    let tokens: TokenSet;
    try {
      // A clock that was set back meanwhile must not lengthen the call beyond its lease.
      const budgetMs = Math.min(callTimeoutMs, beganAtMs + callTimeoutMs - clock.now());
      tokens = await callIssuer(issuer, record.tokens, budgetMs);
    } catch (error) {
      return this.#fail(attemptId, record, judgeFailure(error, record.tokens, policy));
    }
    return this.#results.land(attemptId, tokens, true);
  }

  /**
   * Gives an ambiguous grant up, because the vendor's policy forbids to send its refresh token again.
   *
   * @returns what is stored now, where the attempt's own end came first.
   * @throws {AuthenticationError} `RECONNECT_REQUIRED`.
   */
  async giveUp(claim: AmbiguousClaim): Promise<Held> {
    const now = await this.#results.abandon(claim.attemptId, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
    if (now.record.status === "active") return now;
    this.#announceReconnect("OUTCOME_UNKNOWN");
    throw grantInDoubt();
  }

  async #fail(attemptId: string, record: TokenRecord, failure: IssuerFailure): Promise<Held | undefined> {
    const { random, logger, events, connection } = this.#context;
    const { outcome, error, code } = failure;
    const failures = record.failures + 1;
    const request: AbandonRequest =
      outcome === "grant_gone"
        ? { outcome, code }
        : { outcome, code, retryInMs: pauseMs(failure.retryAfterMs, refreshBackoffMs(record.failures, random)) };
    this.#last = { version: record.version, error };
    logger.warn({ ...connection, code, outcome, failures }, "A token renewal failed");
    events?.emit("token.refresh_failed", { connection, code, failures });
    const now = await this.#results.abandon(attemptId, request);
    if (now.record.version !== record.version) return now;
    if (outcome === "unknown") return undefined;
    if (outcome === "grant_gone") this.#announceReconnect(code);
    throw error;
  }

  #announceReconnect(code: ConnectorErrorCode): void {
    const { logger, events, connection } = this.#context;
    logger.error({ ...connection, code }, "A person has to connect again");
    events?.emit("connector.reconnect_required", { connection, code });
  }
}

const longestPauseMs = 900_000;

/** What the vendor asks for, but never less than the backoff (its `Retry-After` may be 0), nor more than 15 minutes. */
function pauseMs(retryAfterMs: number | undefined, backoffMs: number): number {
  return Math.min(longestPauseMs, Math.max(retryAfterMs ?? 0, backoffMs));
}
