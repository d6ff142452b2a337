import type { z } from "zod";
import type { Clock, Logger } from "../runtime/index.js";

/** An event as the outside gets it. */
export interface OutgoingEvent {
  /** The same however often it comes, so that whoever takes it knows what it has already. */
  readonly id: string;
  readonly tenantId: string;
  /** Such as `record.updated`. */
  readonly type: string;
  readonly happenedAt: Date;
  /** JSON text of what it says. Parsed, its numbers could lose digits. */
  readonly data: string;
}

/** What somebody said to an event. */
export interface SinkAnswer {
  /** Whether the event is safe with them. If not, it comes again. */
  readonly taken: boolean;
  /**
   * Why they will never take this event, whatever comes of others: a short code such as `TOO_LARGE`. It does not come again by
   * itself, and what comes after it does not wait for it; whoever runs the service can have it handed over once more.
   */
  readonly refusal?: string;
  /**
   * Why they take no event of this tenant until somebody mends that, whatever comes of other tenants': a short code such as
   * `WRONGTYPE`. It says nothing of the event, which comes again for as long as that takes.
   */
  readonly blocked?: string;
  /** Status of an answer by HTTP. */
  readonly status?: number;
  /** The first characters of the answer. */
  readonly text?: string;
  /** How long they ask to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Somebody who takes events. What is about one thing comes in its order, the next one after the one before was taken; different
 * things come at the same time. One that fails again and again while others are taken is given up in the end.
 */
export interface EventSink {
  /**
   * Hands over an event. It may come again under its id: after a failure, and when a process died before it could note the answer.
   *
   * @throws {ConnectorError} where there was no answer. It comes again.
   */
  deliver(event: OutgoingEvent, signal: AbortSignal): Promise<SinkAnswer>;
}

/** A sink that holds connections. */
export interface OpenedSink extends EventSink {
  /** Ends them. */
  close(): Promise<void>;
}

/** What a sink is opened with. */
export interface SinkContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A kind of sink that an operator may choose: what its package exports. */
export interface SinkDefinition<Settings extends z.ZodObject = z.ZodObject> {
  readonly sinkVersion: 1;
  /** For messages. */
  readonly displayName: string;
  /** The environment variables that it reads, by their names. A program that is no service hands them in. */
  readonly settings: Settings;
  /** How to write each of them, for the message that refuses a wrong one. */
  readonly examples: Readonly<Record<string, string>>;
  /** Opens it. Whoever takes events need not be there yet. */
  open(settings: z.output<Settings>, context: SinkContext): Promise<OpenedSink>;
}

/** Makes a definition; its settings have the types of their schema. */
export function defineSink<Settings extends z.ZodObject>(
  definition: SinkDefinition<Settings>,
): SinkDefinition<Settings> {
  return definition;
}
