import { type Clock, ConcurrencyLimit } from "@isthmus/core";

/** A session that can be ended. */
export interface PooledSession {
  /** Tells the system that the session is over. Never fails: a session that cannot be ended ends by itself. */
  close(): Promise<void>;
}

/** How sessions are made and how long they are kept. */
export interface SessionPoolOptions<Session extends PooledSession> {
  /** Does no I/O: the first request opens the session at the system. */
  readonly open: () => Session;
  /** Sessions at once; further callers wait in the order in which they came. */
  readonly maximum: number;
  /** Milliseconds without use after which a session is ended. */
  readonly idleMs: number;
  readonly clock: Clock;
}

/** What a pool is doing. */
export interface SessionPoolStatus {
  /** In use by a caller. */
  readonly busy: number;
  /** Open, waiting for the next caller. */
  readonly idle: number;
  /** Callers that wait for one. */
  readonly waiting: number;
  /** Opened since the start. */
  readonly opened: number;
}

interface IdleSession<Session> {
  readonly session: Session;
  readonly sinceMs: number;
}

/**
 * Stateful sessions, each used by one caller at a time: what one caller has not committed must not be seen, committed or rolled
 * back by another.
 */
export class SessionPool<Session extends PooledSession> {
  readonly #options: SessionPoolOptions<Session>;
  readonly #places: ConcurrencyLimit;
  #idle: IdleSession<Session>[] = [];
  #busy = 0;
  #waiting = 0;
  #opened = 0;
  #watching: Promise<void> | undefined;
  readonly #ending = new AbortController();

  constructor(options: SessionPoolOptions<Session>) {
    this.#options = options;
    this.#places = new ConcurrencyLimit(options.maximum);
  }

  /** For metrics. */
  get status(): SessionPoolStatus {
    return { busy: this.#busy, idle: this.#idle.length, waiting: this.#waiting, opened: this.#opened };
  }

  /**
   * Runs `work` with a session of its own. After a failure the session is ended and not given to anybody else: nobody knows
   * what is left in it.
   *
   * @param signal - Ends the waiting.
   */
  async use<Result>(work: (session: Session) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    this.#waiting += 1;
    try {
      await this.#places.acquire(signal);
    } finally {
      this.#waiting -= 1;
    }
    this.#busy += 1;
    const session = this.#take();
    let isSound = false;
    try {
      const result = await work(session);
      isSound = true;
      return result;
    } finally {
      this.#busy -= 1;
      if (isSound && !this.#ending.signal.aborted) this.#rest(session);
      else await session.close();
      this.#places.release();
    }
  }

  /** Ends all of them; those in use when their work is over. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#end(this.#idle.splice(0));
  }

  /** The one used last, so that the others may come to rest. */
  #take(): Session {
    const found = this.#idle.pop();
    if (found) return found.session;
    this.#opened += 1;
    return this.#options.open();
  }

  #rest(session: Session): void {
    this.#idle.push({ session, sinceMs: this.#options.clock.now() });
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = undefined;
    });
  }

  /** Ends sessions when they have rested long enough, as long as there are any. */
  async #watch(): Promise<void> {
    const { clock, idleMs } = this.#options;
    for (;;) {
      const [oldest] = this.#idle;
      if (!oldest) return;
      try {
        await clock.sleep(Math.max(0, oldest.sinceMs + idleMs - clock.now()), this.#ending.signal);
      } catch {
        return; // the pool is being closed, which ends them all
      }
      const limit = clock.now() - idleMs;
      const over = this.#idle.filter(({ sinceMs }) => sinceMs <= limit);
      this.#idle = this.#idle.filter(({ sinceMs }) => sinceMs > limit);
      await this.#end(over);
    }
  }

  async #end(resting: readonly IdleSession<Session>[]): Promise<void> {
    await Promise.all(resting.map(({ session }) => session.close()));
  }
}
