import type { ConnectorErrorCode } from "../errors/index.js";
import type { Exchange, ExchangeRequest } from "./exchange.js";
import type { TransportObserver } from "./observer.js";
import type { ResolvedTransportOptions } from "./options.js";
import type { TransportRequest } from "./types.js";

/** Told once when a try is over. `headersAt` is the time at which the headers came. */
export type AttemptReport = (status: number, errorCode: ConnectorErrorCode | undefined, headersAt?: number) => void;

/** Tells observer and log of each try: names, origins, statuses, codes and times; never a path, a header or a body. */
export class AttemptReporter {
  readonly #options: ResolvedTransportOptions;

  constructor(options: ResolvedTransportOptions) {
    this.#options = options;
  }

  /** A try begins. Returns what its end is to be told to; `undefined` when nobody watches. */
  start({ name, method }: ExchangeRequest, origin: string, attempt: number): AttemptReport | undefined {
    const { observer, clock } = this.#options;
    if (observer === undefined) return undefined;
    const started = { name, method, origin, attempt };
    const startedAt = clock.now();
    this.#tell(observer, (watcher) => watcher.attemptStarted?.(started));
    return (status, errorCode, headersAt) => {
      const ended = {
        ...started,
        status: status === 0 ? undefined : status,
        errorCode,
        headersMs: headersAt === undefined ? undefined : headersAt - startedAt,
        durationMs: clock.now() - startedAt,
      };
      this.#tell(observer, (watcher) => watcher.attemptEnded?.(ended));
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
