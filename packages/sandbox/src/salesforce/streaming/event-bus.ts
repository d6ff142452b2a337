import type { Clock } from "../../shared/clock.js";

/** An event as subscribers get it. */
export interface StreamEvent {
  /** Opaque, growing, with gaps. */
  replayId: number;
  /** When it was published, milliseconds since 1970. */
  at: number;
  /** The channels that carry it. */
  channels: readonly string[];
  /** What is sent: schema, payload and event. */
  data: { schema: string; payload: Record<string, unknown>; event: { replayId: number; EventUuid?: string } };
}

/** Events kept at most; older ones go even before their time. */
const mostEvents = 20_000;

/** Keeps events for replay, and tells those who listen of new ones. */
export class EventBus {
  readonly #clock: Clock;
  readonly #retentionMs: () => number;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  #events: StreamEvent[] = [];
  #lastReplayId: number;

  constructor(clock: Clock, retentionMs: () => number) {
    this.#clock = clock;
    this.#retentionMs = retentionMs;
    // By the clock, so that an id from before a restart is never one of after it.
    this.#lastReplayId = Math.floor(clock() / 10);
  }

  /** Numbers an event and hands it out. */
  publish(channels: readonly string[], schema: string, payload: Record<string, unknown>, uuid?: string): StreamEvent {
    // Ids that follow one another without a gap would invite clients to count.
    this.#lastReplayId += 1 + ((this.#lastReplayId * 7) % 4);
    const replayId = this.#lastReplayId;
    const event = { replayId, ...(uuid !== undefined && { EventUuid: uuid }) };
    const stored: StreamEvent = { replayId, at: this.#clock(), channels, data: { schema, payload, event } };
    this.#events.push(stored);
    if (this.#events.length > mostEvents) this.#events = this.#events.slice(-Math.ceil(mostEvents * 0.9));
    for (const listener of this.#listeners) listener(stored);
    return stored;
  }

  /** The events of a channel that can still be replayed, oldest first. */
  retained(channel: string): StreamEvent[] {
    return this.#retained().filter(({ channels }) => channels.includes(channel));
  }

  /** Whether an event of this id can still be replayed, on whatever channel. */
  isRetained(replayId: number): boolean {
    return this.#retained().some((event) => event.replayId === replayId);
  }

  listen(listener: (event: StreamEvent) => void): void {
    this.#listeners.add(listener);
  }

  /** Forgets all events; their ids are not given again. */
  clear(): void {
    this.#events = [];
  }

  #retained(): StreamEvent[] {
    const oldest = this.#clock() - this.#retentionMs();
    this.#events = this.#events.filter(({ at }) => at > oldest);
    return this.#events;
  }
}
