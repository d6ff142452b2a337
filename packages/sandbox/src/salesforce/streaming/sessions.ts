import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { StreamEvent } from "./event-bus.js";

/** A subscriber's session. */
export interface StreamSession {
  clientId: string;
  /** The value of the cookie that came with the handshake. */
  cookie: string;
  userId: string;
  channels: Set<string>;
  /** Messages that wait for the next connect. */
  queue: Record<string, unknown>[];
  /** When something was last heard of it, by the clock. */
  seenAt: number;
  connected: boolean;
  /** Ends the connect that waits. */
  wake: (() => void) | undefined;
}

/** Sessions kept at most; the oldest go first. */
const mostSessions = 1_000;
/** Messages that wait for one session at most; a subscriber that slow loses its session. */
const mostWaiting = 20_000;

/** The sessions between subscribers and the server. */
export class StreamSessions {
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #sessions = new Map<string, StreamSession>();

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock;
    this.#random = random;
  }

  open(userId: string, cookie: string | undefined): StreamSession {
    const token = (): string => Buffer.from(this.#random(14)).toString("hex").slice(0, 27);
    const session: StreamSession = {
      clientId: token(),
      cookie: cookie ?? token(),
      userId,
      channels: new Set(),
      queue: [],
      seenAt: this.#clock(),
      connected: false,
      wake: undefined,
    };
    this.#sessions.set(session.clientId, session);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= mostSessions) break;
      this.close(oldest);
    }
    return session;
  }

  /** The session, unless it was silent for longer than `silentMs`. */
  find(clientId: unknown, silentMs: number): StreamSession | undefined {
    const session = this.#sessions.get(String(clientId));
    if (session === undefined) return undefined;
    if (session.wake === undefined && this.#clock() - session.seenAt > silentMs) {
      this.close(session.clientId);
      return undefined;
    }
    session.seenAt = this.#clock();
    return session;
  }

  /** Queues an event for everyone who subscribed to a channel of it. */
  deliver(event: StreamEvent): void {
    for (const session of this.#sessions.values()) {
      for (const channel of event.channels) if (session.channels.has(channel)) enqueue(session, channel, event);
      if (session.queue.length > mostWaiting) this.close(session.clientId);
    }
  }

  close(clientId: string): void {
    const session = this.#sessions.get(clientId);
    this.#sessions.delete(clientId);
    session?.wake?.();
  }

  /** Ends every connect that waits; the sessions stay. */
  wakeAll(): void {
    for (const session of this.#sessions.values()) session.wake?.();
  }

  /** Forgets all sessions, as a restarted server does. @returns how many there were. */
  clear(): number {
    const ids = [...this.#sessions.keys()];
    for (const id of ids) this.close(id);
    return ids.length;
  }
}

/** Puts an event in a session's queue and ends its waiting. */
export function enqueue(session: StreamSession, channel: string, event: StreamEvent): void {
  session.queue.push({ data: event.data, channel });
  session.wake?.();
}
