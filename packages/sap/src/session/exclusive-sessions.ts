import { ConcurrencyLimit, type PoolStatus } from "@isthmus/core";
import type { SapSession, SapSessions } from "../http/sap-session.js";
import type { HttpSession } from "./http-session.js";

/**
 * Stateful sessions, each used by one caller and then ended: what one caller has not committed is never seen, committed or rolled
 * back by another, and nothing that a function group keeps in memory goes from one to the next. Only the connections below are
 * used again.
 */
export class ExclusiveSessions implements SapSessions {
  readonly #create: () => HttpSession;
  readonly #places: ConcurrencyLimit;

  /**
   * @param create - Makes a session; does no I/O.
   * @param maximum - Sessions at once; each holds memory of the system. Further callers wait in the order in which they came.
   */
  constructor(create: () => HttpSession, maximum: number) {
    this.#create = create;
    this.#places = new ConcurrencyLimit(maximum);
  }

  /** None is kept: each is in use. */
  get status(): PoolStatus {
    const { held, waiting } = this.#places;
    return { name: "sessions", open: held, busy: held, waiting };
  }

  /** See {@link SapSessions.open}. */
  async open(signal: AbortSignal = new AbortController().signal): Promise<SapSession> {
    await this.#places.acquire(signal);
    const http = this.#create();
    let ending: Promise<void> | undefined;
    return { http, contextId: () => http.contextId(), close: () => (ending ??= this.#end(http)) };
  }

  async #end(session: HttpSession): Promise<void> {
    try {
      await session.end();
    } finally {
      this.#places.release();
    }
  }
}
