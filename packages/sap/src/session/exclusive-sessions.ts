import { ConcurrencyLimit } from "@isthmus/core";
import type { SapSession, SapSessions } from "../http/sap-session.js";
import type { HttpSession } from "./http-session.js";

/** What the sessions are doing, for metrics. */
export interface SessionStatus {
  /** In use by a caller. */
  readonly busy: number;
  /** Callers that wait for one. */
  readonly waiting: number;
  /** Opened since the start. */
  readonly opened: number;
}

/**
 * Stateful sessions, each used by one caller and then ended: what one caller has not committed is never seen, committed or rolled
 * back by another, and nothing that a function group keeps in memory goes from one to the next. Only the connections below are
 * used again.
 */
export class ExclusiveSessions implements SapSessions {
  readonly #create: () => HttpSession;
  readonly #places: ConcurrencyLimit;
  #busy = 0;
  #waiting = 0;
  #opened = 0;

  /**
   * @param create - Makes a session; does no I/O.
   * @param maximum - Sessions at once; each holds memory of the system. Further callers wait in the order in which they came.
   */
  constructor(create: () => HttpSession, maximum: number) {
    this.#create = create;
    this.#places = new ConcurrencyLimit(maximum);
  }

  get status(): SessionStatus {
    return { busy: this.#busy, waiting: this.#waiting, opened: this.#opened };
  }

  /** See {@link SapSessions.open}. */
  async open(signal: AbortSignal = new AbortController().signal): Promise<SapSession> {
    this.#waiting += 1;
    try {
      await this.#places.acquire(signal);
    } finally {
      this.#waiting -= 1;
    }
    this.#busy += 1;
    this.#opened += 1;
    const http = this.#create();
    let ending: Promise<void> | undefined;
    return { http, contextId: () => http.contextId(), close: () => (ending ??= this.#end(http)) };
  }

  async #end(session: HttpSession): Promise<void> {
    try {
      await session.end();
    } finally {
      this.#busy -= 1;
      this.#places.release();
    }
  }
}
