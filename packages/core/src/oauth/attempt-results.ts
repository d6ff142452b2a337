import type { ExpiryInquiry } from "./expiry-inquiry.js";
import { insist } from "./insist.js";
import type { Held } from "./known-tokens.js";
import { planRefresh, type RefreshSchedule } from "./refresh-schedule.js";
import type { TokenContext } from "./token-context.js";
import type { TokenSet } from "./token-set.js";
import type { AbandonRequest, CommitRequest } from "./token-store.js";

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

/**
 * Brings the result of each attempt to the store. What the store does not take is kept in memory and brought again: the
 * vendor has said it once and will not say it a second time.
 */
export class AttemptResults {
  readonly #context: TokenContext;
  readonly #inquiry: ExpiryInquiry;
  /** By attempt, the latest last: a refresh may still be in the air when a person authorises anew. */
  readonly #unlanded = new Map<string, Unlanded>();
  #landing: Promise<Held | undefined> | undefined;
  #unended: Unended | undefined;

  constructor(context: TokenContext, inquiry: ExpiryInquiry) {
    this.#context = context;
    this.#inquiry = inquiry;
  }

  /** A set that the vendor granted and the store has not taken yet. */
  get unlanded(): TokenSet | undefined {
    return [...this.#unlanded.values()].at(-1)?.request.tokens;
  }

  /**
   * Stores the set that an attempt has brought.
   * @param refreshed - Whether listeners hear of a refresh.
   */
  async land(attemptId: string, tokens: TokenSet, refreshed: boolean): Promise<Held> {
    const { policy, random, issuer } = this.#context;
    const schedule = planRefresh(tokens, policy, random);
    // A set that nothing can renew is due never: its expiry, assumed or stated, is no reason to ask anybody.
    const canRenew = tokens.refreshToken !== undefined || issuer.grant !== undefined;
    const request = { tokens, refreshAtMs: canRenew ? schedule.refreshAtMs : undefined };
    const unlanded = { attemptId, request, schedule, refreshed };
    this.#unlanded.set(attemptId, unlanded);
    return insist(() => this.#commit(unlanded), this.#context);
  }

  /**
   * Lands what earlier calls could not, by one try, which callers at the same time share. `undefined`: there is nothing of
   * that kind.
   */
  landLate(): Promise<Held | undefined> {
    this.#landing ??= this.#landAll().finally(() => {
      this.#landing = undefined;
    });
    return this.#landing;
  }

  /** Ends an attempt without tokens. */
  async abandon(attemptId: string, request: AbandonRequest): Promise<Held> {
    this.#unended = { attemptId, request };
    return insist(async () => {
      await this.#context.store.abandon(attemptId, request);
      this.#unended = undefined;
      return this.#context.known.adopt(await this.#context.store.load());
    }, this.#context);
  }

  /** Tells the store of an end that it did not take earlier. `undefined`: there is nothing of that kind. */
  async abandonLate(): Promise<Held | undefined> {
    return this.#unended && this.abandon(this.#unended.attemptId, this.#unended.request);
  }

  /** Forgets a set that is not to land any more; all of them after a disconnect. */
  drop(attemptId?: string): void {
    if (attemptId === undefined) this.#unlanded.clear();
    else this.#unlanded.delete(attemptId);
  }

  async #landAll(): Promise<Held | undefined> {
    let held: Held | undefined;
    for (const unlanded of [...this.#unlanded.values()]) held = await this.#commit(unlanded);
    return held;
  }

  async #commit(unlanded: Unlanded): Promise<Held> {
    const { store, known, events, connection } = this.#context;
    const { outcome, record } = await store.commit(unlanded.attemptId, unlanded.request);
    const first = this.#unlanded.delete(unlanded.attemptId);
    const held = known.adopt(record, outcome === "committed" ? unlanded.schedule : undefined);
    if (outcome === "committed" && first && unlanded.refreshed) {
      events?.emit("token.refreshed", { connection, version: record.version });
    }
    if (outcome === "committed" && first) this.#inquiry.begin(held);
    return held;
  }
}
