import { ConnectorError } from "@isthmus/core";
import { z } from "zod";

/** What the server wants a client to do next. */
export interface BayeuxAdvice {
  /** `retry`: connect again; `handshake`: begin anew; `none`: give up. */
  readonly reconnect?: string | undefined;
  /** Milliseconds to wait before that; at most ten minutes. */
  readonly interval?: number | undefined;
  /** Milliseconds that a connect is held without an event; at most ten minutes. */
  readonly timeout?: number | undefined;
}

/** Longer than any server means: a time beyond it is a mistake, and a timer would not bear it. */
const longestMs = 600_000;
const milliseconds = z
  .number()
  .nonnegative()
  .transform((value) => Math.min(value, longestMs));

const messageSchema = z.looseObject({
  channel: z.string(),
  successful: z.boolean().optional(),
  error: z.string().optional(),
  clientId: z.string().optional(),
  advice: z
    .looseObject({
      reconnect: z.string().optional(),
      interval: milliseconds.optional(),
      timeout: milliseconds.optional(),
    })
    .optional(),
  ext: z.looseObject({}).optional(),
  data: z.unknown().optional(),
});

/** A message of the Bayeux protocol. @see https://docs.cometd.org/current8/reference/#_bayeux */
export type BayeuxMessage = z.output<typeof messageSchema>;

/**
 * The messages of an answer.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything else.
 */
export function readMessages(body: unknown): readonly BayeuxMessage[] {
  const { success, data } = z.array(messageSchema).safeParse(body, { reportInput: false });
  if (success) return data;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's answer is no list of Bayeux messages.");
}
