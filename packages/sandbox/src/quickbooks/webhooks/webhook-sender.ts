import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RandomBytes } from "../../shared/clock.js";
import type { QuickbooksChange } from "../data/records.js";
import { toWebhookEvent, type WebhookEvent, type WebhookForm, writeDelivery } from "./deliveries.js";

/** Where changes are told, and how. */
export interface WebhookOptions {
  /** Takes the deliveries. */
  url: string;
  /** Signs them. */
  verifierToken: string;
  /** Default `cloudevents`. */
  form?: WebhookForm;
  /** How long changes are collected for one delivery. Default 100. */
  batchMs?: number;
  /** How often each delivery is sent though it was taken, as Intuit may do. Default 1: once. */
  copies?: number;
  /** The wait before the second try, in milliseconds; it doubles with each. Default 500. */
  retryMs?: number;
}

/** Milliseconds in which Intuit wants its 200. */
const answerWithinMs = 3_000;
/** Intuit tries again for some time; how often and when was not verified, and is this sandbox's assumption. */
const mostTries = 4;
/** Changes that wait beyond this many are lost, as in an outage. */
const mostWaiting = 10_000;
const mostEvents = 100;

/** Tells changes by signed HTTP POSTs, one delivery after the other. */
export class WebhookSender {
  readonly #options: Required<WebhookOptions>;
  readonly #random: RandomBytes;
  readonly #log: (message: string) => void;
  readonly #closing = new AbortController();
  #waiting: WebhookEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  /** @throws {TypeError} when the URL is none. */
  constructor(options: WebhookOptions, random: RandomBytes, log: (message: string) => void) {
    this.#options = { form: "cloudevents", batchMs: 100, copies: 1, retryMs: 500, ...options };
    new URL(options.url);
    this.#random = random;
    this.#log = log;
  }

  /** Takes note of a change; it is told within `batchMs`. */
  tell(change: QuickbooksChange): void {
    if (this.#closing.signal.aborted || this.#waiting.length >= mostWaiting) return;
    this.#waiting.push(toWebhookEvent(change, this.#random));
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.batchMs).unref();
  }

  /** Sends what waits at once. Resolves when it, and all before it, was taken or given up. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0) {
      const events = this.#waiting.splice(0, mostEvents);
      this.#sending = this.#sending.then(() => this.#deliver(events));
    }
    return this.#sending;
  }

  /** Forgets what waits. What is being sent goes on. */
  clear(): void {
    this.#waiting = [];
  }

  /** Stops; what was not sent is lost. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#closing.abort();
    await this.#sending;
  }

  async #deliver(events: readonly WebhookEvent[]): Promise<void> {
    const { form, copies } = this.#options;
    const body = writeDelivery(events, form);
    for (let copy = 0; copy < copies; copy += 1) await this.#sendUntilTaken(body);
  }

  async #sendUntilTaken(body: string): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 1; attempt <= mostTries && !signal.aborted; attempt += 1) {
      if (await this.#send(body)) return;
      if (attempt === mostTries) break;
      const waitMs = this.#options.retryMs * 2 ** (attempt - 1);
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
    if (!signal.aborted) this.#log(`A webhook delivery was given up after ${mostTries} tries.`);
  }

  async #send(body: string): Promise<boolean> {
    const { url, verifierToken } = this.#options;
    const signature = createHmac("sha256", verifierToken).update(body).digest("base64");
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", "intuit-signature": signature },
        body,
        redirect: "manual",
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(answerWithinMs)]),
      });
      await response.body?.cancel();
      return response.status === 200;
    } catch {
      return false;
    }
  }
}
