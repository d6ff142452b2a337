import { type Clock, type Random, systemClock, systemRandom } from "../runtime/index.js";
import type { TokenSet } from "./token-set.js";
import type {
  AbandonRequest,
  BeginRequest,
  BeginResult,
  CommitRequest,
  TokenRecord,
  TokenStore,
} from "./token-store.js";

interface Attempt {
  readonly id: string;
  readonly repeated: boolean;
  /** Epoch milliseconds. 0: nobody is at it any more, and its outcome is unknown. */
  readonly leaseUntilMs: number;
}

/**
 * Keeps tokens in this process and forgets them when it ends: right for tests, for scripts, and for grants that need no
 * person. A program whose connections must outlive it brings a {@link TokenStore} of its own.
 *
 * Managers that share one instance behave like processes that share one database.
 */
export class MemoryTokenStore implements TokenStore {
  readonly #clock: Clock;
  readonly #random: Random;
  #version = 0;
  #tokens: TokenSet | undefined;
  #status: TokenRecord["status"] = "active";
  #failures = 0;
  #retryAtMs = 0;
  #attempt: Attempt | undefined;
  /** The attempt whose tokens are the current ones: its commit may be repeated. */
  #landed: string | undefined;

  /** @param options.tokens - A set that was obtained earlier; becomes version 1. */
  constructor(options: { readonly clock?: Clock; readonly random?: Random; readonly tokens?: TokenSet } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    if (options.tokens !== undefined) {
      this.#tokens = options.tokens;
      this.#version = 1;
    }
  }

  async load(): Promise<TokenRecord> {
    return this.#record();
  }

  async begin(request: BeginRequest): Promise<BeginResult> {
    const record = this.#record();
    if (request.purpose === "authorize") return this.#claim(request, false);
    if (record.status === "reconnect_required") return { outcome: "reconnect_required", record };
    if (request.version !== record.version) return { outcome: "superseded", record };
    const attempt = this.#attempt;
    if (attempt === undefined) return this.#claim(request, false);
    const leaseMs = attempt.leaseUntilMs - this.#clock.now();
    if (leaseMs > 0) return { outcome: "held", leaseMs };
    if (attempt.id === request.repeats) return this.#claim(request, true);
    return { outcome: "ambiguous", attemptId: attempt.id, repeated: attempt.repeated, record };
  }

  async commit(
    attemptId: string,
    request: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    if (this.#attempt?.id !== attemptId) {
      return { outcome: this.#landed === attemptId ? "committed" : "superseded", record: this.#record() };
    }
    this.#replace(request.tokens);
    this.#landed = attemptId;
    return { outcome: "committed", record: this.#record() };
  }

  async abandon(attemptId: string, request: AbandonRequest): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.id !== attemptId) return;
    if (this.#status === "reconnect_required") {
      // It was given up. All that can still be said of it is that it never was sent.
      if (request.outcome !== "not_spent") return;
      this.#status = "active";
    }
    this.#failures += 1;
    if (request.outcome === "grant_gone" || request.outcome === "given_up") {
      // The answer of an attempt that was given up may still come, and is the only way to the grant then.
      if (request.outcome === "grant_gone") this.#attempt = undefined;
      this.#status = "reconnect_required";
      return;
    }
    this.#retryAtMs = this.#clock.now() + (request.retryInMs ?? 0);
    // The send of a repeat that did not happen leaves the send before it as doubtful as it was.
    const ambiguous = request.outcome === "unknown" || attempt.repeated;
    const repeated = request.outcome === "unknown" && attempt.repeated;
    // It leaves its place to an attempt without a holder, so that its end may be told twice.
    const id = request.outcome === "unknown" ? attempt.id : this.#random.uuid();
    this.#attempt = ambiguous ? { id, repeated, leaseUntilMs: 0 } : undefined;
  }

  async amend(version: number, request: CommitRequest): Promise<TokenRecord> {
    if (this.#tokens !== undefined && this.#version === version) this.#tokens = request.tokens;
    return this.#record();
  }

  async clear(): Promise<void> {
    if (this.#tokens === undefined) this.#version -= 1;
    this.#replace(undefined);
    this.#landed = undefined;
  }

  #claim(request: BeginRequest, repeated: boolean): BeginResult {
    const id = this.#random.uuid();
    this.#attempt = { id, repeated, leaseUntilMs: this.#clock.now() + request.leaseMs };
    return { outcome: "begun", attemptId: id, record: this.#record() };
  }

  #replace(tokens: TokenSet | undefined): void {
    this.#tokens = tokens;
    this.#version += 1;
    this.#status = "active";
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#attempt = undefined;
  }

  #record(): TokenRecord {
    return {
      version: this.#version,
      tokens: this.#tokens,
      status: this.#status,
      retryInMs: Math.max(0, this.#retryAtMs - this.#clock.now()),
      failures: this.#failures,
    };
  }
}
