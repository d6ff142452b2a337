/** A message of the Bayeux protocol. @see https://docs.cometd.org/current/reference/#_bayeux */
export type BayeuxMessage = Record<string, unknown> & { channel: string };

/** The messages of a request: one, or an array. @returns `undefined` for anything else. */
export function readMessages(text: string): BayeuxMessage[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const messages = list.filter(isMessage);
  return messages.length === list.length ? messages : undefined;
}

/** A failed answer to a message. */
export function failed(message: BayeuxMessage, error: string, more: Record<string, unknown> = {}): BayeuxMessage {
  return { ...answerTo(message), error, successful: false, ...more };
}

/** A successful answer to a message. */
export function succeeded(message: BayeuxMessage, more: Record<string, unknown> = {}): BayeuxMessage {
  return { ...answerTo(message), successful: true, ...more };
}

/** An object among a message's properties; empty when it is none. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function answerTo(message: BayeuxMessage): BayeuxMessage {
  const { channel, id, clientId } = message;
  const known = channel === "/meta/handshake" ? {} : { ...(clientId !== undefined && { clientId }) };
  return { ...known, channel, ...(id !== undefined && { id }) };
}

function isMessage(value: unknown): value is BayeuxMessage {
  return typeof value === "object" && value !== null && "channel" in value && typeof value.channel === "string";
}
