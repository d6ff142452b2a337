import { ConnectorError, codeOf, isConnectorError, TransientError } from "../errors/index.js";
import type { AttemptResults } from "./attempt-results.js";
import type { Held } from "./known-tokens.js";
import { grantGone } from "./reconnect-errors.js";
import { type BegunClaim, RenewalAttempt } from "./renewal-attempt.js";
import type { TokenContext } from "./token-context.js";
import { mayRepeat } from "./token-refresh.js";
import type { BeginRequest, BeginResult } from "./token-store.js";

const renewalRounds = 10;
const longestPauseMs = 2000;

// Made once: connectors are closed by the thousand, and an error of its own for each would cost more than the closing.
const closed = new ConnectorError("CANCELLED", "The connector was closed before its access token was renewed.");

/**
 * Renews one connection's set, once for all callers of this process and, by the store's claims, once among all processes:
 * claims, waits for whoever is at it already, calls the vendor, and repeats an unknown outcome only where the vendor's
 * policy allows it.
 */
export class TokenRenewal {
  readonly #context: TokenContext;
  readonly #results: AttemptResults;
  readonly #attempt: RenewalAttempt;
  readonly #closing = new AbortController();
  readonly #underClaims = new Set<Promise<Held>>();
  #underWay: Promise<Held> | undefined;

  constructor(context: TokenContext, results: AttemptResults) {
    this.#context = context;
    this.#results = results;
    this.#attempt = new RenewalAttempt(context, results);
  }

  /** Whether one is under way. */
  get isUnderWay(): boolean {
    return this.#underWay !== undefined || this.#underClaims.size > 0;
  }

  /**
   * Renews what `held` holds, or joins the renewal that is under way.
   * @param ignoreBackoff - Also while the vendor is being left alone after failures.
   */
  run(held: Held, ignoreBackoff = false): Promise<Held> {
    this.#underWay ??= this.#renew(held, ignoreBackoff).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /**
   * Renews under a claim that was made elsewhere. It joins nothing: a renewal under way here has met that very claim, and
   * waits for what comes of it.
   */
  async runUnder(claim: BegunClaim, beganAtMs: number): Promise<Held> {
    const { known } = this.#context;
    const held = known.adopt(claim.record);
    const renewal = this.#attempt
      .run(claim, beganAtMs)
      .then((renewed) => renewed ?? this.run(known.held ?? held, true));
    this.#underClaims.add(renewal);
    return renewal.finally(() => this.#underClaims.delete(renewal));
  }

  /** Renews ahead of time, while the token in hand still serves; that it fails then is no caller's concern. */
  runInBackground(held: Held): void {
    if (this.#underWay !== undefined) return;
    const { logger, connection } = this.#context;
    this.run(held).catch((error: unknown) => {
      logger.debug(
        { ...connection, code: codeOf(error) },
        "A renewal ahead of time failed; the token in hand is still valid",
      );
    });
  }

  /** Waits for what is under way. Never throws. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#underWay, ...this.#underClaims]);
  }

  /** Claims the right to call the vendor, and lets it lapse: after whoever has it now, and as far as it can be had at all. */
  async block(): Promise<void> {
    const { store, known, leaseMs } = this.#context;
    let held = known.adopt(await store.load());
    for (let round = 0; round < renewalRounds && held.record.tokens !== undefined; round += 1) {
      const claim = await this.#beginOrNever({ purpose: "refresh", version: held.record.version, leaseMs });
      if (claim?.outcome === "superseded") held = known.adopt(claim.record);
      else if (claim?.outcome === "held") held = await this.#waitForOther(held, claim.leaseMs);
      else return;
    }
  }

  /** @returns `undefined` where the store lets nobody begin any more: then the right needs no claim. */
  async #beginOrNever(request: BeginRequest): Promise<BeginResult | undefined> {
    try {
      return await this.#context.store.begin(request);
    } catch (error) {
      if (codeOf(error) === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** Ends every wait, begins no attempt any more, and waits for the result of the one that was begun. Never throws. */
  async close(): Promise<void> {
    this.#closing.abort(closed);
    await this.settle();
  }

  async #renew(start: Held, ignoreBackoff: boolean): Promise<Held> {
    const { store, known, clock, policy, leaseMs } = this.#context;
    const landed = await this.#results.landLate();
    if (landed !== undefined) return landed;
    let held = (await this.#results.abandonLate()) ?? start;
    if (!ignoreBackoff) this.#assertNotLeftAlone(held);
    let repeats: string | undefined;
    for (let round = 0; round < renewalRounds; round += 1) {
      this.#closing.signal.throwIfAborted();
      const { version } = held.record;
      const beganAtMs = clock.now();
      const request = { purpose: "refresh", version, leaseMs } as const;
      const claim = await store.begin(repeats === undefined ? request : { ...request, repeats });
      repeats = undefined;
      switch (claim.outcome) {
        case "superseded":
          return known.adopt(claim.record);
        case "reconnect_required":
          known.adopt(claim.record);
          throw grantGone();
        case "held":
          held = await this.#waitForOther(held, claim.leaseMs);
          if (held.record.version !== version) return held;
          if (!ignoreBackoff) this.#assertNotLeftAlone(held);
          break;
        case "ambiguous":
          held = known.adopt(claim.record);
          if (!mayRepeat(claim, policy)) {
            held = await this.#attempt.giveUp(claim);
            if (held.record.version !== version) return held;
            break;
          }
          if (!ignoreBackoff) await this.#pauseBeforeRepeat(held);
          repeats = claim.attemptId;
          break;
        case "begun": {
          const renewed = await this.#attempt.run(claim, beganAtMs);
          if (renewed !== undefined) return renewed;
          // Unknown: the store calls it ambiguous now, and the policy decides in the next round.
          held = known.held ?? held;
          break;
        }
      }
    }
    throw new TransientError("TIMEOUT", "Another process has been renewing this connection's token for too long.");
  }

  async #waitForOther(start: Held, leaseMs: number): Promise<Held> {
    const { store, known, clock, random } = this.#context;
    const untilMs = clock.now() + leaseMs;
    let held = start;
    for (let pauseMs = 50; clock.now() < untilMs; pauseMs = Math.min(pauseMs * 2, 2000)) {
      const leftMs = untilMs - clock.now();
      await clock.sleep(Math.min(leftMs, pauseMs * (0.5 + random.number())), this.#closing.signal);
      held = known.adopt(await store.load());
      const { version, status, failures } = held.record;
      const changed = version !== start.record.version || status !== "active" || failures !== start.record.failures;
      if (changed) return held;
    }
    return held;
  }

  /** After a lost answer the vendor gets a moment; callers wait for a short one, not for a long one. */
  async #pauseBeforeRepeat(held: Held): Promise<void> {
    const { clock } = this.#context;
    const pauseMs = held.retryAtMs - clock.now();
    if (pauseMs > longestPauseMs) this.#assertNotLeftAlone(held);
    else if (pauseMs > 0) await clock.sleep(pauseMs, this.#closing.signal);
  }

  #assertNotLeftAlone({ record, retryAtMs }: Held): void {
    const waitMs = retryAtMs - this.#context.clock.now();
    if (waitMs <= 0) return;
    const last = this.#attempt.failureOf(record.version);
    if (isConnectorError(last) && last.code !== "OUTCOME_UNKNOWN") throw last;
    throw new TransientError(
      "VENDOR_UNAVAILABLE",
      `Renewing the access token has failed ${record.failures} times; the next try is in ${Math.ceil(waitMs / 1000)} s.`,
    );
  }
}
