import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";

/** A message as a receiver got it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body, parsed. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly timestamp: string;
    readonly tenantId: string;
    // biome-ignore lint/suspicious/noExplicitAny: what an event says depends on its type.
    readonly data: any;
  };
}

/** What a receiver does with a message: answers by a status, or does something else with the response. */
export type Reaction = (message: ReceivedMessage, response: ServerResponse) => number | undefined;

/** Somebody who is told, in the way that the standard's own library knows. */
export interface Receiver {
  readonly url: string;
  readonly host: string;
  /** All that came, repeats included. */
  readonly messages: readonly ReceivedMessage[];
  /** What was answered 2xx, each once: what a receiver that goes by ids has. */
  readonly taken: readonly ReceivedMessage[];
  /** Default: 204. */
  react(reaction: Reaction): void;
  /** Whether a secret has signed a message, by the standard's own library. */
  verifies(secret: string, message: ReceivedMessage): boolean;
  forget(): void;
  close(): Promise<void>;
}

/** Starts one on a free port of this machine. */
export async function startReceiver(): Promise<Receiver> {
  const messages: ReceivedMessage[] = [];
  const taken = new Map<string, ReceivedMessage>();
  let reaction: Reaction = () => 204;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const id = String(request.headers["webhook-id"]);
    const message = { id, path: request.url ?? "", headers: request.headers, body, event: JSON.parse(body) };
    messages.push(message);
    const status = reaction(message, response);
    if (status === undefined) return;
    if (status >= 200 && status < 300 && !taken.has(id)) taken.set(id, message);
    response.writeHead(status).end();
  });
  const { origin, close } = await listenOnLoopback(server);
  return {
    url: `${origin}/hook`,
    host: new URL(origin).host,
    messages,
    get taken() {
      return [...taken.values()];
    },
    react: (wanted) => {
      reaction = wanted;
    },
    verifies(secret, { body, headers }) {
      try {
        new Webhook(secret).verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    },
    forget() {
      messages.length = 0;
      taken.clear();
      reaction = () => 204;
    },
    close,
  };
}
