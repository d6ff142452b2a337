import type { LookupFunction } from "node:net";
import {
  type Clock,
  createTransport,
  type Logger,
  parseRetryAfter,
  type Random,
  TransientError,
  type Transport,
} from "@isthmus/core";

/** What webhooks are sent with. */
export interface WebhookSenderOptions {
  /** Exact `host:port` addresses that may be private. */
  readonly allowedPrivateHosts: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Milliseconds that a receiver has for its answer. Default 15 000. */
  readonly timeoutMs?: number;
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
}

/** A message for one webhook. */
export interface WebhookRequest {
  readonly endpointId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a receiver said. */
export interface WebhookAnswer {
  readonly status: number;
  /** Its first characters. */
  readonly text: string;
  /** How long it asks to be left alone. */
  readonly retryAfterMs: number | undefined;
}

const defaultTimeoutMs = 15_000;
/** Characters of an answer that are kept. */
const excerpt = 500;
/** Bytes of an answer that are read: beyond them the connection is not worth keeping. */
const readBytes = 16 * 1024;
/** Connections are kept for that many webhooks. */
const mostKept = 200;

interface Kept {
  readonly url: string;
  readonly transport: Transport;
}

/**
 * Sends messages to webhooks. Tenants choose the addresses, so each webhook has a guarded transport of its own: https and public
 * addresses only, the connected one too, and no redirect is followed. It is sent once: trying again is the deliveries' business.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /**
   * Sends a message. Any status is an answer.
   *
   * @throws {ConnectorError} where there was none: `FORBIDDEN_TARGET`, `CONNECTION_FAILED`, `TIMEOUT`, `CANCELLED`…
   */
  async send({ endpointId, url, headers, body }: WebhookRequest, ending: AbortSignal): Promise<WebhookAnswer> {
    const { timeoutMs = defaultTimeoutMs, clock } = this.#options;
    const tooLate = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([ending, tooLate]);
    const transport = this.#transportOf(endpointId, url);
    // Receivers know by its id what they have already, so a message whose fate is not known is simply sent again.
    const request = { method: "POST", url, headers, body, idempotent: true, signal } as const;
    const answer = await transport.stream(request).catch((error: unknown) => {
      if (!tooLate.aborted) throw error;
      throw new TransientError("TIMEOUT", "The receiver of a webhook did not answer in time.", { cause: error });
    });
    const text = await readStart(answer.body);
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], clock.now());
    return { status: answer.status, text, retryAfterMs };
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.map(({ transport }) => transport.close()));
  }

  #transportOf(endpointId: string, url: string): Transport {
    const kept = this.#kept.get(endpointId);
    this.#kept.delete(endpointId);
    if (kept?.url === url) {
      this.#kept.set(endpointId, kept);
      return kept.transport;
    }
    const made = { url, transport: openWebhookTransport(this.#options, url) };
    this.#kept.set(endpointId, made);
    const [oldest] = this.#kept;
    if (oldest !== undefined && this.#kept.size > mostKept) {
      this.#kept.delete(oldest[0]);
      this.#close(oldest[1]);
    }
    if (kept) this.#close(kept);
    return made.transport;
  }

  /** Waits for what is under way by itself. */
  #close({ transport }: Kept): void {
    transport.close().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, "The connections of a webhook could not be closed");
    });
  }
}

/**
 * The transport of one webhook.
 *
 * @throws {ConnectorError} `FORBIDDEN_TARGET` from its `assertAllowed` and with each request, for an address that may not be told.
 */
export function openWebhookTransport(options: Omit<WebhookSenderOptions, "timeoutMs">, url: string): Transport {
  const hostname = URL.parse(url)?.hostname ?? "";
  const { timeoutMs = defaultTimeoutMs, ...rest }: WebhookSenderOptions = options;
  return createTransport({
    ...rest,
    // Some kinds of addresses have none: nothing is allowed then.
    allowedHosts: hostname === "" ? [] : [hostname],
    timeouts: { connectMs: Math.min(5_000, timeoutMs), headersMs: timeoutMs, bodyMs: timeoutMs },
    retry: { maxAttempts: 1, rateLimited: "return" },
    concurrency: 64,
  });
}

/** The beginning of an answer. One that breaks off has said its status, and that counts. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      if (length < readBytes) pieces.push(piece);
      length += piece.length;
      if (length >= readBytes) break;
    }
  } catch {
    // Its status is the answer.
  }
  return toExcerpt(Buffer.concat(pieces).toString("utf8"));
}

/** Text that a column takes: PostgreSQL has no NUL, and half a surrogate pair is no text. */
function toExcerpt(text: string): string {
  return text.slice(0, excerpt).replaceAll("\0", "\ufffd").toWellFormed();
}
