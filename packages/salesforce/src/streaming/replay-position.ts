import { type StreamMessage, timeOf } from "./stream-event.js";

/** Events that are sent from now on. */
export const newEvents = -1;
/** All events that Salesforce still has. */
export const allEvents = -2;

/** Where a subscription stands: the id of an event, or, before the first one, the moment from which on events are wanted. */
export type ReplayStart = { readonly replayId: number } | { readonly sinceMs: number };

/** What clocks at Salesforce may differ by: better an event from before the subscription than one less. */
const skewMs = 60_000;

/**
 * Where a subscription stands.
 *
 * "From now on" has no id until an event has come. A session that is lost before that would lose what came in between: the
 * next one asks for everything that Salesforce has and leaves out what is more than a minute older than the first.
 */
export class ReplayPosition {
  #start: ReplayStart;
  #notBeforeMs: number | undefined;

  constructor(start: ReplayStart) {
    this.#start = start;
  }

  /** What to go on from, in this process or another. */
  get start(): ReplayStart {
    return this.#start;
  }

  /** Begins a session. @returns what to subscribe with. */
  beginSession(): number {
    this.#notBeforeMs = "sinceMs" in this.#start ? this.#start.sinceMs - skewMs : undefined;
    return "replayId" in this.#start ? this.#start.replayId : allEvents;
  }

  /** The session stands, at this moment at Salesforce. */
  stand(nowMs: number): void {
    if ("replayId" in this.#start && this.#start.replayId === newEvents) this.#start = { sinceMs: nowMs };
  }

  /** Notes an event. @returns whether it is wanted. */
  accept({ replayId, event }: StreamMessage): boolean {
    const timeMs = timeOf(event);
    if (this.#notBeforeMs !== undefined && timeMs !== undefined && timeMs < this.#notBeforeMs) return false;
    this.#notBeforeMs = undefined;
    this.#start = { replayId };
    return true;
  }
}
