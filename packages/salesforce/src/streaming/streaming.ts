import { ValidationError } from "@isthmus/core";
import { newEvents, type ReplayStart } from "./replay-position.js";
import type { StreamMessage } from "./stream-event.js";
import { type StreamBatch, type SubscriptionParts, subscribeTo } from "./subscription.js";

/** How a channel is subscribed to. */
export interface SubscribeOptions {
  /**
   * The `replayId` of the last event that was handled, or -2 for every event that Salesforce still has. Default -1: those that
   * are sent from now on.
   */
  readonly replayFrom?: number;
  /** Ends the subscription when aborted: `CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** Change data capture (`/data/AccountChangeEvent`), platform events (`/event/Shipment__e`) and channels made of them. */
export const channelPattern = /^\/(?:data|event)\/[A-Za-z][A-Za-z0-9_]{0,254}$/;

/** Events as they happen, by CometD long polling. */
export class Streaming {
  readonly #parts: SubscriptionParts;
  readonly #closing = new AbortController();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  /**
   * What a channel tells, for as long as it is read. It begins with the first `next()`. Store `replayId` once the event is
   * handled, and begin with it the next time: Salesforce keeps events for 72 hours.
   *
   * Within one subscription every event comes once: a session that is lost is followed by another one, which goes on behind
   * the last event. A subscription occupies a connection: up to 75 fit beside the requests.
   *
   * @throws {ConnectorError} `CURSOR_EXPIRED` when Salesforce cannot replay from there any more: what came in between is told
   *   by `changes.read` alone; `PERMISSION_DENIED` or `NOT_FOUND` for a channel that cannot be subscribed to.
   */
  async *subscribe(channel: string, options: SubscribeOptions = {}): AsyncGenerator<StreamMessage, void> {
    for await (const { messages } of this.batches(channel, options)) yield* messages;
  }

  /** The same answer by answer, the empty ones too: they say that the subscription stands. */
  batches(
    channel: string,
    { replayFrom = newEvents, signal }: SubscribeOptions = {},
  ): AsyncGenerator<StreamBatch, void> {
    if (!Number.isSafeInteger(replayFrom) || replayFrom < -2) {
      throw new ValidationError("A replay id is a whole number, -1 or -2.", [
        { path: "replayFrom", message: "must be the replayId of an event, -1 or -2" },
      ]);
    }
    return this.resume(channel, { replayId: replayFrom }, signal);
  }

  /** Goes on from where a batch says. */
  resume(channel: string, start: ReplayStart, signal = this.#parts.api.signal): AsyncGenerator<StreamBatch, void> {
    if (!channelPattern.test(channel)) {
      throw new ValidationError("A channel is /data/ or /event/ and a name, such as /data/AccountChangeEvent.", [
        { path: "channel", message: "must be the name of a channel" },
      ]);
    }
    return subscribeTo(this.#parts, channel, start, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Ends every subscription: `CANCELLED`. A connect that waits would hold up the end of the connector for two minutes. */
  close(): void {
    this.#closing.abort();
  }
}
