import { ConnectorError, type ResponseHeaders } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceApi } from "../api.js";
import { mapBayeuxFailure } from "./bayeux-failure.js";
import { type BayeuxAdvice, type BayeuxMessage, readMessages } from "./bayeux-message.js";

/** What one exchange brought. */
export interface StreamAnswer {
  /** Messages with events, in the order in which they came. */
  readonly events: readonly BayeuxMessage[];
  readonly advice: BayeuxAdvice;
  readonly headers: ResponseHeaders;
}

/** How long a connect is held where Salesforce does not say. */
const usualHoldMs = 110_000;
/** What the way there and back may take beyond that. */
const graceMs = 30_000;
/** Nobody waits long for a goodbye. */
const goodbyeMs = 2_000;

const replayExtensionSchema = z.looseObject({ replay: z.literal(true) });

/**
 * One session of the Bayeux protocol, by long polling: a handshake, a subscription, connects. It has cookies of its own, by
 * which Salesforce finds the server that keeps it. Nothing is repeated in it: an answer that is lost may have had events in
 * it, which only a new session with a replay brings back.
 *
 * @see https://docs.cometd.org/current8/reference/#_bayeux
 */
export class StreamSession {
  readonly #api: SalesforceApi;
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #cookies = new Map<string, string>();
  #clientId: string | undefined;
  #holdMs = usualHoldMs;
  #messages = 0;

  constructor(api: SalesforceApi, path: string, signal: AbortSignal) {
    this.#api = api;
    this.#path = path;
    this.#signal = signal;
  }

  /** @throws {ConnectorError} `UNSUPPORTED` when the server does not replay: events would be lost unseen. */
  async open(): Promise<void> {
    const { answer } = await this.#exchange("/meta/handshake", {
      version: "1.0",
      minimumVersion: "1.0",
      supportedConnectionTypes: ["long-polling"],
      ext: { replay: true },
    });
    if (!replayExtensionSchema.safeParse(answer.ext).success) {
      throw new ConnectorError("UNSUPPORTED", "This server of Salesforce's does not replay events.");
    }
    if (answer.clientId === undefined) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's answer to a handshake has no clientId.");
    }
    this.#clientId = answer.clientId;
  }

  /** @param replayFrom - The last event that was received; -1 for new events only, -2 for all that are kept. */
  async subscribe(channel: string, replayFrom: number): Promise<StreamAnswer> {
    return this.#exchange("/meta/subscribe", { subscription: channel, ext: { replay: { [channel]: replayFrom } } });
  }

  /** Waits for events until Salesforce answers, at the latest when its time for a connect is over. */
  async connect(): Promise<StreamAnswer> {
    const result = await this.#exchange("/meta/connect", { connectionType: "long-polling" });
    this.#holdMs = result.advice.timeout ?? this.#holdMs;
    return result;
  }

  /** Tells Salesforce that nobody listens any more: it counts sessions. That this fails changes nothing. */
  async close(): Promise<void> {
    const clientId = this.#clientId;
    if (clientId === undefined) return;
    this.#clientId = undefined;
    // The caller's signal may be what ended the subscription.
    const options = { signal: this.#api.signal, timeoutMs: goodbyeMs };
    await this.#send("/meta/disconnect", { clientId }, options).catch(() => undefined);
  }

  async #exchange(
    channel: string,
    content: Readonly<Record<string, unknown>>,
  ): Promise<StreamAnswer & { readonly answer: BayeuxMessage }> {
    const timeoutMs = (channel === "/meta/connect" ? this.#holdMs : 0) + graceMs;
    const { messages, headers } = await this.#send(channel, content, { signal: this.#signal, timeoutMs });
    const answer = messages.find((message) => message.channel === channel);
    if (answer === undefined) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", `Salesforce's answer has no message of ${channel}.`);
    }
    if (answer.successful !== true) {
      const failure = mapBayeuxFailure(answer);
      // A session that is gone needs no goodbye.
      if (channel === "/meta/connect") this.#clientId = undefined;
      throw failure;
    }
    const events = messages.filter((message) => !message.channel.startsWith("/meta/"));
    return { answer, events, advice: answer.advice ?? {}, headers };
  }

  async #send(
    channel: string,
    content: Readonly<Record<string, unknown>>,
    { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<{ readonly messages: readonly BayeuxMessage[]; readonly headers: ResponseHeaders }> {
    this.#messages += 1;
    const kind = channel.slice("/meta/".length);
    const message = {
      channel,
      id: String(this.#messages),
      ...(this.#clientId !== undefined && { clientId: this.#clientId }),
      ...content,
    };
    const response = await this.#api.send({
      name: `events.${kind}`,
      method: "POST",
      // As CometD's own clients do: the address says what the message is.
      path: `${this.#path}/${kind}`,
      headers: { "content-type": "application/json", ...this.#cookieHeader() },
      body: JSON.stringify([message]),
      // Whatever becomes of it, a new session makes good: its failure passes by itself. But it is not sent again as it is.
      idempotent: true,
      maxAttempts: 1,
      timeouts: { headersMs: timeoutMs, bodyMs: timeoutMs },
      signal,
    });
    this.#keepCookies(response.headers["set-cookie"]);
    return { messages: readMessages(response.json()), headers: response.headers };
  }

  #cookieHeader(): { readonly cookie?: string } {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #keepCookies(header: string | string[] | undefined): void {
    for (const line of header === undefined ? [] : [header].flat()) {
      const [, name, value = ""] = /^\s*([^=;\s]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined) continue;
      if (value === "") this.#cookies.delete(name);
      // Salesforce sets two or three.
      else if (this.#cookies.size < 20 || this.#cookies.has(name)) this.#cookies.set(name, value.trim());
    }
  }
}
