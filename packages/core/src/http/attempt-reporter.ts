import type { Exchange, ExchangeRequest, ExchangeWatcher } from "./exchange.js";
import type { TransportObserver } from "./observer.js";
import type { ResolvedTransportOptions } from "./options.js";
import type { TransportRequest } from "./types.js";

/** Tells observer and log of each try: names, origins, statuses, codes and times; never a path, a header or a body. */
export class AttemptReporter {
  readonly #options: ResolvedTransportOptions;

  constructor(options: ResolvedTransportOptions) {
    this.#options = options;
  }

  /** A try begins. Returns what follows it; `undefined` when nobody watches. */
  start({ name, method }: ExchangeRequest, origin: string, attempt: number): ExchangeWatcher | undefined {
    const { observer, clock } = this.#options;
    if (observer === undefined) return undefined;
    const started = { name, method, origin, attempt };
    const startedAt = clock.now();
    this.#tell(observer, (watcher) => watcher.attemptStarted?.(started));
    let headersMs: number | undefined;
    return {
      answered: () => {
        headersMs = clock.now() - startedAt;
      },
      ended: (status, errorCode) => {
        const durationMs = clock.now() - startedAt;
        const ended = { ...started, status: status === 0 ? undefined : status, errorCode, headersMs, durationMs };
        this.#tell(observer, (watcher) => watcher.attemptEnded?.(ended));
      },
    };
  }

  /** A try failed or was refused, and the request will be sent again. */
  repeating(request: TransportRequest, origin: string, attempt: number, delayMs: number, outcome: Exchange): void {
    const { name, method } = request;
    const reason = outcome.failure?.error.code ?? outcome.status;
    this.#options.logger.info(
      { name, method, origin, attempt, reason, delayMs: Math.round(delayMs) },
      "A request to the vendor did not succeed and is sent again",
    );
  }

  #tell(observer: TransportObserver, tell: (observer: TransportObserver) => void): void {
    try {
      tell(observer);
    } catch (error) {
      const message = error instanceof Error ? error.name : typeof error;
      this.#options.logger.error({ error: message }, "A transport observer failed; the request goes on");
    }
  }
}
