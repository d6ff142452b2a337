import type { LookupFunction } from "node:net";
import { ValidationError } from "../errors/index.js";
import type { Clock, Logger, Random } from "../runtime/index.js";
import { silentLogger, systemClock, systemRandom } from "../runtime/index.js";
import type { CallBudget } from "./call-budget.js";
import type { TransportObserver } from "./observer.js";
import type { TransportTimeouts } from "./types.js";

/** How failed tries are repeated. */
export interface TransportRetry {
  /** How often a request is sent at most, the first time included. Default 4. */
  readonly maxAttempts: number;
  /** Upper bound of the first pause, in milliseconds; it doubles with each further one. Default 250. */
  readonly baseMs: number;
  /** Upper bound of any pause of ours, in milliseconds. Default 20 000. */
  readonly capMs: number;
  /** The longest `Retry-After` that is waited for, in milliseconds; after a longer one the answer is returned. Default 60 000. */
  readonly maxRetryAfterMs: number;
  /**
   * What a 429 leads to: `repeat` it like any passing failure; `return` it, for a vendor whose words decide how long to wait.
   * Default `repeat`.
   */
  readonly rateLimited: "repeat" | "return";
}

/** Client certificate and trust, in PEM or, for `pfx`, PKCS #12. Values, never file names. */
export interface TransportTls {
  /** The only authorities that are trusted. Default: those of Node. */
  readonly ca?: string | Buffer | (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly pfx?: Buffer;
  /** Of `key` or `pfx`. */
  readonly passphrase?: string;
}

/**
 * Says which certificate and trust a new connection to an origin gets: for certificates that are replaced while the program
 * runs, or that belong to one host only. Asked for each connection; as long as it gives the same object, TLS sessions are
 * resumed. Connections that stand keep what they were made with until they are idle for some seconds.
 *
 * @throws {ConnectorError} what makes the request fail, before a connection is opened.
 */
export type TlsSource = (origin: string) => TransportTls | undefined | Promise<TransportTls | undefined>;

/** What a transport is made of. */
export interface TransportOptions {
  /** Exact host names, or `*.suffix` for any name below it. https only, any port. */
  readonly allowedHosts: readonly string[];
  /** Exact `host:port` addresses that may be private and plain http. They override every other guard. Default none. */
  readonly allowedPrivateHosts?: readonly string[];
  readonly timeouts?: Partial<TransportTimeouts>;
  readonly retry?: Partial<TransportRetry>;
  /** Requests at work at once, for each origin; further ones wait in the order in which they came. Default 10. */
  readonly concurrency?: number;
  /**
   * Milliseconds that a connection without work is kept for the next request; the server may say less. Default 4 000.
   */
  readonly idleMs?: number;
  /** Tries per second over all origins, evenly spaced. Default: no limit. */
  readonly ratePerSecond?: number;
  /** Gives leave to each try, in place of `ratePerSecond`. Default: `ratePerSecond`, by this transport's own count. */
  readonly budget?: CallBudget;
  /** Largest body that is read into memory, in bytes. Default 32 MiB. */
  readonly maxResponseBytes?: number;
  readonly tls?: TransportTls | TlsSource;
  /** Default `isthmus`. */
  readonly userAgent?: string;
  /** Sees every try: for tracing and metrics. */
  readonly observer?: TransportObserver;
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** {@link TransportOptions} with every default filled in. */
export interface ResolvedTransportOptions extends TransportOptions {
  readonly timeouts: TransportTimeouts;
  readonly retry: TransportRetry;
  readonly concurrency: number;
  readonly maxResponseBytes: number;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Fills in the defaults.
 * @throws {ValidationError} when a number is not one that makes sense.
 */
export function resolveTransportOptions(options: TransportOptions): ResolvedTransportOptions {
  const resolved: ResolvedTransportOptions = {
    ...options,
    timeouts: withDefaults({ connectMs: 10_000, headersMs: 30_000, bodyMs: 30_000 }, options.timeouts),
    retry: withDefaults<TransportRetry>(
      { maxAttempts: 4, baseMs: 250, capMs: 20_000, maxRetryAfterMs: 60_000, rateLimited: "repeat" },
      options.retry,
    ),
    concurrency: options.concurrency ?? 10,
    maxResponseBytes: options.maxResponseBytes ?? 32 * 1024 * 1024,
    userAgent: options.userAgent ?? "isthmus",
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
  };
  const { timeouts, retry } = resolved;
  assertAtLeast(1, { ...timeouts, maxAttempts: retry.maxAttempts, concurrency: resolved.concurrency });
  assertAtLeast(0, { baseMs: retry.baseMs, capMs: retry.capMs, maxRetryAfterMs: retry.maxRetryAfterMs });
  if (options.idleMs !== undefined) assertAtLeast(1, { idleMs: options.idleMs });
  assertAtLeast(0, { maxResponseBytes: resolved.maxResponseBytes });
  if (options.ratePerSecond !== undefined && !(options.ratePerSecond > 0)) {
    throw new ValidationError("The transport's ratePerSecond has to be above 0.");
  }
  return resolved;
}

/** `defaults`, with those of `values` that are there. An explicit `undefined` counts as missing. */
export function withDefaults<Values extends object>(defaults: Values, values: Partial<Values> | undefined): Values {
  if (values === undefined) return defaults;
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

function assertAtLeast(minimum: number, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value) || value < minimum) {
      throw new ValidationError(`The transport's ${name} has to be a number of at least ${minimum}.`);
    }
  }
}
