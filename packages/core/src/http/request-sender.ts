import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { ConnectorError } from "../errors/index.js";
import { AttemptReporter } from "./attempt-reporter.js";
import type { CallBudget, CallPermit } from "./call-budget.js";
import type { Exchange, ExchangeRequest, ExchangeWatcher } from "./exchange.js";
import { transportClosed } from "./failures.js";
import { toHeaderList } from "./header-list.js";
import { isIdempotent } from "./idempotency.js";
import { type ResolvedTransportOptions, withDefaults } from "./options.js";
import { type OriginPool, OriginPools } from "./origin-pools.js";
import { RateLimit } from "./rate-limit.js";
import { parseRetryAfter } from "./retry-after.js";
import { retryDelayMs } from "./retry-policy.js";
import type { SendableRequest } from "./sendable-body.js";
import { createTargetGuard, type TargetGuard } from "./target-guard.js";
import type { PoolStatus } from "./types.js";

/** How an answer is taken in: into memory or as a stream. */
interface ExchangeClass<Kind extends Exchange> {
  new (request: ExchangeRequest, watcher: ExchangeWatcher, done: (exchange: Kind) => void): Kind;
}

/** One request, ready to be sent any number of times. */
interface Prepared {
  readonly pool: OriginPool;
  readonly options: Dispatcher.DispatchOptions;
  readonly exchange: ExchangeRequest;
  readonly maxAttempts: number;
  readonly budget: CallBudget | undefined;
}

// Made once: see OriginPools.
const closed = transportClosed();

/** Sends requests: guard, place, rate, try, repeat. */
export class RequestSender {
  readonly #options: ResolvedTransportOptions;
  readonly #guard: TargetGuard;
  readonly #pools: OriginPools;
  readonly #rate: RateLimit | undefined;
  readonly #reporter: AttemptReporter;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedTransportOptions) {
    this.#options = options;
    this.#guard = createTargetGuard(options.allowedHosts, options.allowedPrivateHosts);
    this.#pools = new OriginPools(options);
    const { ratePerSecond, budget, clock } = options;
    this.#rate = ratePerSecond === undefined || budget ? undefined : new RateLimit(ratePerSecond, clock);
    this.#reporter = new AttemptReporter(options);
  }

  /** @throws {ForbiddenTargetError} */
  assertAllowed(url: string): void {
    this.#guard(url);
  }

  /** See {@link Transport.pool}. */
  pool(): PoolStatus {
    return this.#pools.status();
  }

  /** Fails those who wait, ends idle connections and waits for those at work. */
  async close(): Promise<void> {
    this.#closing.abort(closed);
    this.#closed ??= this.#pools.close();
    await this.#closed;
  }

  /**
   * Sends until there is an answer that stands or no try is left.
   * @returns An exchange without a failure.
   */
  async send<Kind extends Exchange & { discard(): void }>(
    request: SendableRequest,
    maxResponseBytes: number,
    kind: ExchangeClass<Kind>,
  ): Promise<Kind> {
    const prepared = this.#prepare(request, maxResponseBytes);
    for (let attempt = 1; ; attempt++) {
      const permit = await this.#waitForTurn(prepared, request);
      const exchange = await this.#attempt(prepared, attempt, kind, permit);
      if (prepared.budget) this.#keepAway(prepared.budget, exchange);
      const delayMs =
        attempt < prepared.maxAttempts
          ? retryDelayMs(exchange, attempt, prepared.exchange.idempotent, this.#options.retry, this.#options)
          : undefined;
      if (delayMs === undefined) {
        if (exchange.failure !== undefined) throw exchange.failure.error;
        return exchange;
      }
      exchange.discard();
      this.#reporter.repeating(request, prepared.pool.origin, attempt, delayMs, exchange);
      await this.#wait(request, (signal) => this.#options.clock.sleep(delayMs, signal));
    }
  }

  #prepare(request: SendableRequest, maxResponseBytes: number): Prepared {
    const bodyStream = request.body instanceof Readable ? request.body : undefined;
    // It may fail while it waits for its turn, when undici does not listen yet: unheard, that would end the process.
    bodyStream?.on("error", () => undefined);
    try {
      if (this.#closing.signal.aborted) throw transportClosed();
      const target = this.#guard(request.url);
      const { url } = target;
      const pool = this.#pools.get(target);
      return {
        pool,
        options: {
          path: url.pathname + url.search,
          // MERGE (OData v2) is an HTTP token like any other; undici's type lists only the common ones.
          method: request.method,
          headers: toHeaderList(request.headers, this.#options.userAgent),
          body: request.body ?? null,
        },
        exchange: {
          method: request.method,
          host: pool.host,
          name: request.name,
          idempotent: isIdempotent(request),
          reconcile: request.reconcile,
          signal: request.signal,
          timeouts: withDefaults(this.#options.timeouts, request.timeouts),
          maxResponseBytes,
          bodyStream,
        },
        maxAttempts: bodyStream === undefined ? (request.maxAttempts ?? this.#options.retry.maxAttempts) : 1,
        budget: request.budget ?? this.#options.budget,
      };
    } catch (error) {
      bodyStream?.destroy();
      throw error;
    }
  }

  #attempt<Kind extends Exchange>(
    prepared: Prepared,
    attempt: number,
    kind: ExchangeClass<Kind>,
    permit: CallPermit | undefined,
  ): Promise<Kind> {
    const { pool, exchange, options } = prepared;
    return new Promise((resolve) => {
      const report = this.#reporter.start(exchange, pool.origin, attempt);
      const release = () => {
        pool.places.release();
        permit?.release();
      };
      const watcher: ExchangeWatcher =
        report === undefined
          ? { ended: release }
          : {
              answered: report.answered,
              ended: (status, errorCode) => {
                release();
                report.ended(status, errorCode);
              },
            };
      const current = new kind(exchange, watcher, resolve);
      // A signal that was aborted before this try listened to it says nothing any more.
      if (exchange.signal?.aborted) {
        current.stop("cancelled", exchange.signal.reason);
      } else if (exchange.bodyStream?.destroyed) {
        current.stop("body-source", exchange.bodyStream.errored ?? undefined);
      } else {
        pool.pool.dispatch(options, current);
        current.dispatched();
      }
    });
  }

  /** Asks the budget, takes a place at the origin and waits for the rate. */
  async #waitForTurn({ pool, budget }: Prepared, request: SendableRequest): Promise<CallPermit | undefined> {
    // First: who waits for a budget must not keep those from a place whom it lets through before.
    const permit = budget && (await this.#acquire(budget, request));
    try {
      await this.#takePlace(pool, request);
    } catch (error) {
      permit?.release();
      throw error;
    }
    const rate = this.#rate;
    try {
      if (budget && permit && !permit.isCurrent()) {
        permit.release();
        return await this.#acquire(budget, request);
      }
      if (rate && !budget) await this.#wait(request, (signal) => rate.acquire(signal));
      return permit;
    } catch (error) {
      pool.places.release();
      throw error;
    }
  }

  async #takePlace({ places }: OriginPool, request: SendableRequest): Promise<void> {
    if (!request.signal?.aborted && !this.#closing.signal.aborted && places.tryAcquire()) return;
    await this.#wait(request, (signal) => places.acquire(signal));
  }

  #acquire(budget: CallBudget, request: SendableRequest): Promise<CallPermit> {
    return this.#wait(request, (signal) => budget.acquire(signal));
  }

  /** Tells the budget how long the vendor wants to be left alone. */
  #keepAway(budget: CallBudget, { status, headers, failure }: Exchange): void {
    if (failure !== undefined || (status !== 429 && status !== 503)) return;
    const retryAfterMs = parseRetryAfter(headers["retry-after"], this.#options.clock.now());
    if (retryAfterMs !== undefined && retryAfterMs > 0) budget.pause(retryAfterMs);
  }

  /** Waits until `wait` is over, the caller's signal ends it or the transport is closed. */
  async #wait<Result>(request: SendableRequest, wait: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const closing = this.#closing.signal;
    const signal = request.signal === undefined ? closing : AbortSignal.any([request.signal, closing]);
    try {
      return await wait(signal);
    } catch (error) {
      if (request.body instanceof Readable) request.body.destroy();
      if (closing.aborted) throw transportClosed();
      if (!request.signal?.aborted) throw error;
      throw new ConnectorError("CANCELLED", "The caller's signal ended the request while it waited to be sent.", {
        cause: request.signal.reason,
      });
    }
  }
}
