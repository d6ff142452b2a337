import { ConnectorError, codeOf, isConnectorError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { readDateHeader } from "../changes/salesforce-feed.js";
import { SessionLostError } from "./bayeux-failure.js";
import type { BayeuxMessage } from "./bayeux-message.js";
import { ReplayPosition, type ReplayStart } from "./replay-position.js";
import { readStreamEvent, type StreamMessage } from "./stream-event.js";
import { StreamSession } from "./stream-session.js";

/** What one answer of Salesforce's brought. */
export interface StreamBatch {
  /** May be empty: the subscription has begun, or a connect's time is over without an event. */
  readonly messages: readonly StreamMessage[];
  /** Where to go on after them. */
  readonly start: ReplayStart;
}

/** What a subscription is made of. */
export interface SubscriptionParts {
  readonly api: SalesforceApi;
  /** `/cometd/60.0` */
  readonly path: string;
  /** Renews the access token. */
  renewToken(signal: AbortSignal): Promise<void>;
}

/** Tries in a row that fail, until it is given up: about five minutes. */
const mostFailures = 10;
const backoff = { firstMs: 500, longestMs: 60_000 };

/**
 * What a channel tells, answer by answer, for as long as it is read. Salesforce is asked for more only when the batch before
 * is used up, so a slow reader holds one answer and no more; where its session ends meanwhile, the next one begins behind the
 * last event that it was given. The first batch comes when the subscription stands: from then on nothing is missed.
 *
 * @throws {ConnectorError} `CURSOR_EXPIRED` when Salesforce cannot replay from `start` any more, also later on; `CANCELLED`;
 *   the last failure when ten tries in a row have failed.
 */
export async function* subscribeTo(
  parts: SubscriptionParts,
  channel: string,
  start: ReplayStart,
  signal: AbortSignal,
): AsyncGenerator<StreamBatch, void> {
  const { api, path } = parts;
  const position = new ReplayPosition(start);
  const tries = new Tries(parts, signal);
  for (;;) {
    const session = new StreamSession(api, path, signal);
    try {
      await session.open();
      const { events, headers } = await session.subscribe(channel, position.beginSession());
      position.stand(readDateHeader(headers.date));
      yield toBatch(events, position);
      for (;;) {
        signal.throwIfAborted();
        const answer = await session.connect();
        tries.succeeded();
        yield toBatch(answer.events, position);
        const { interval = 0 } = answer.advice;
        if (interval > 0) await api.clock.sleep(interval, signal);
      }
    } catch (error) {
      await tries.failed(error);
    } finally {
      await session.close();
    }
  }
}

function toBatch(events: readonly BayeuxMessage[], position: ReplayPosition): StreamBatch {
  const messages: StreamMessage[] = [];
  for (const { data } of events) {
    const message = readStreamEvent(data);
    if (message === undefined) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce sent an event without a replay id.");
    }
    if (position.accept(message)) messages.push(message);
  }
  return { messages, start: position.start };
}

/** What is done about a session that failed: how often, and after what time, another one is tried. */
class Tries {
  readonly #parts: SubscriptionParts;
  readonly #signal: AbortSignal;
  #failures = 0;
  #isRenewed = false;

  constructor(parts: SubscriptionParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isRenewed = false;
  }

  /** Returns when a new session may be tried. @throws what happened, when there is no sense in it. */
  async failed(error: unknown): Promise<void> {
    const { api } = this.#parts;
    if (this.#signal.aborted) throw cancelled(this.#signal);
    if (codeOf(error) === "AUTHENTICATION_FAILED" && !this.#isRenewed) {
      this.#isRenewed = true;
      await this.#parts.renewToken(this.#signal);
      return;
    }
    this.#failures += 1;
    if (!isPassing(error) || this.#failures >= mostFailures) throw error;
    api.logger.debug(
      { code: codeOf(error), failures: this.#failures },
      "A streaming session ended; another one begins",
    );
    // Sessions end in the ordinary course of things: Salesforce moves them, or a slow reader let one go.
    if (this.#failures === 1 && error instanceof SessionLostError) return;
    const longestMs = Math.min(backoff.longestMs, backoff.firstMs * 2 ** this.#failures);
    try {
      await api.clock.sleep(api.random.number() * longestMs, this.#signal);
    } catch (reason) {
      throw this.#signal.aborted ? cancelled(this.#signal) : reason;
    }
  }
}

/** A day's quota does not come back while anybody waits. */
function isPassing(error: unknown): boolean {
  return isConnectorError(error) && error.retryable && error.code !== "QUOTA_EXHAUSTED";
}

function cancelled(signal: AbortSignal): ConnectorError {
  return new ConnectorError("CANCELLED", "The caller's signal ended the subscription.", { cause: signal.reason });
}
