import { Pool } from "undici";
import { ConcurrencyLimit } from "./concurrency-limit.js";
import { transportClosed } from "./failures.js";
import { createGuardedConnector } from "./guarded-connector.js";
import type { ResolvedTransportOptions } from "./options.js";
import type { AllowedTarget } from "./target-guard.js";
import type { PoolStatus } from "./types.js";

/** The connections to one origin and the places at them. */
export interface OriginPool {
  readonly pool: Pool;
  readonly places: ConcurrencyLimit;
  readonly origin: string;
  readonly host: string;
}

const closedTransport = transportClosed();

/** The pools of one transport, made when an origin is first needed. Idle connections do not keep the process alive. */
export class OriginPools {
  readonly #options: ResolvedTransportOptions;
  readonly #byOrigin = new Map<string, OriginPool>();

  constructor(options: ResolvedTransportOptions) {
    this.#options = options;
  }

  /** The pool of the target's origin. */
  get({ url, isPrivateAllowed }: AllowedTarget): OriginPool {
    const { origin } = url;
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    const { concurrency, timeouts, tls, lookup, idleMs } = this.#options;
    const pool = new Pool(origin, {
      // As many as there are places: a request never waits inside undici for a busy connection, where it could not be
      // told how long.
      connections: concurrency,
      pipelining: 1,
      ...(idleMs !== undefined && { keepAliveTimeout: idleMs }),
      // Each try has its own timer.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: createGuardedConnector({
        connectMs: timeouts.connectMs,
        isPrivateAllowed,
        origin,
        ...(tls && { tls }),
        ...(lookup && { lookup }),
      }),
    });
    const created = { pool, places: new ConcurrencyLimit(concurrency), origin, host: url.host };
    this.#byOrigin.set(origin, created);
    return created;
  }

  /** See {@link Transport.pool}. */
  status(): PoolStatus {
    const all = [...this.#byOrigin.values()];
    const sum = (count: (each: OriginPool) => number) => all.reduce((total, each) => total + count(each), 0);
    return {
      name: "connections",
      open: sum(({ pool }) => pool.stats.connected),
      busy: sum(({ places }) => places.held),
      waiting: sum(({ places }) => places.waiting),
    };
  }

  /** Ends idle connections at once and waits for those at work. */
  async close(): Promise<void> {
    await Promise.all(
      Array.from(this.#byOrigin.values(), async ({ pool, places }) => {
        // A transport is usually closed when nothing is at work, and then by the thousand: undici would make two errors for
        // each connection, where one for all of them does.
        const closed = places.isIdle ? undefined : pool.close();
        await places.idle();
        // What is left belongs to requests that were given up while they were connecting: nobody waits for it.
        await pool.destroy(closedTransport);
        await closed;
      }),
    );
  }
}
