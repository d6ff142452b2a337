import { codeOf, isConnectorError } from "../errors/index.js";
import { insist } from "./insist.js";
import type { Held } from "./known-tokens.js";
import { planRefresh } from "./refresh-schedule.js";
import type { TokenContext } from "./token-context.js";
import type { TokenSet } from "./token-set.js";

const lastWordsMs = 5_000;

/**
 * Asks the vendor once when a new token ends, where its answer did not say. Always after the set is stored, and beside the
 * callers, who have a token that works: whatever becomes of the question, nothing is lost by it but the knowledge, and the
 * policy's assumption goes on counting.
 */
export class ExpiryInquiry {
  readonly #context: TokenContext;
  readonly #ending = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #isRefused = false;
  #isClosed = false;

  constructor(context: TokenContext) {
    this.#context = context;
  }

  /** Begins to ask about a set that was stored just now. Never throws. */
  begin({ record: { tokens, version } }: Held): void {
    const { expiryOf } = this.#context.issuer;
    if (expiryOf === undefined || this.#isRefused || this.#isClosed) return;
    if (tokens === undefined || tokens.expiresAtMs !== undefined) return;
    const inquiry = this.#ask(expiryOf, tokens, version).finally(() => this.#underWay.delete(inquiry));
    this.#underWay.add(inquiry);
  }

  /** Waits for the answers. Never throws. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /**
   * Asks no more. What is being asked gets some seconds: a connector may have been opened for a renewal alone, and nobody would
   * ask again. Never throws.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    // Real time, like every timeout of the network.
    const timer = setTimeout(() => this.#ending.abort(), Math.min(lastWordsMs, this.#context.callTimeoutMs));
    await this.settle();
    clearTimeout(timer);
  }

  async #ask(
    expiryOf: (tokens: TokenSet, signal: AbortSignal) => Promise<number | undefined>,
    tokens: TokenSet,
    version: number,
  ): Promise<void> {
    const { callTimeoutMs, logger, connection } = this.#context;
    try {
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(callTimeoutMs)]);
      const expiresAtMs = await expiryOf(tokens, signal);
      if (expiresAtMs !== undefined) await this.#note({ ...tokens, expiresAtMs }, version);
      else logger.info({ ...connection }, "The vendor does not say when the token ends; its lifetime is assumed");
    } catch (error) {
      const code = codeOf(error);
      // One that passes is asked again with the next token; one that refuses would refuse each time.
      this.#isRefused = isConnectorError(error) && !error.retryable && code !== "CANCELLED";
      logger.info(
        { ...connection, code },
        "The vendor could not be asked when the token ends; its lifetime is assumed",
      );
    }
  }

  /** Known here at once; stored, where the store can, so that other processes and the workers know it too. */
  async #note(tokens: TokenSet, version: number): Promise<void> {
    const { store, known, policy, random } = this.#context;
    const { held } = known;
    if (held === undefined || held.record.version !== version) return;
    const schedule = planRefresh(tokens, policy, random);
    known.adopt({ ...held.record, tokens }, schedule);
    if (store.amend === undefined) return;
    const amend = store.amend.bind(store);
    known.adopt(await insist(() => amend(version, { tokens, refreshAtMs: schedule.refreshAtMs }), this.#context));
  }
}
