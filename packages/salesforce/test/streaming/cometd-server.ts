import { createServer } from "node:http";
import { type CometDServer, createCometDServer, type Options, type ServerMessage } from "cometd-nodejs-server";

/** An event as it is kept for replay. */
interface Kept {
  readonly replayId: number;
  readonly data: unknown;
}

/**
 * The CometD project's own server for Node in Salesforce's place: sessions, cookies, long polling and advice are its own work.
 * What Salesforce adds to the protocol, replay ids, is added by an extension, as Salesforce's is one.
 */
export async function startCometdServer(options: Options = {}) {
  const cometd = createCometDServer({ timeout: 300, maxInterval: 2_000, ...options });
  const kept: Kept[] = [];
  const requests: { readonly kind: string; readonly cookie: string | undefined }[] = [];
  const sessions: string[] = [];
  let grants = 0;
  cometd.addExtension({
    incoming: (_server, session, message, callback) => {
      if (message.channel === "/meta/subscribe") replay(cometd, session.id, message, kept);
      callback(undefined, true);
    },
    outgoing: (_server, _sender, session, message, callback) => {
      if (message.channel === "/meta/handshake") {
        message.ext = { replay: true };
        sessions.push(session.id);
      }
      callback(undefined, true);
    },
  });
  const server = createServer((request, response) => {
    if (request.url === "/services/oauth2/token") {
      grants += 1;
      const origin = `http://${request.headers.host}`;
      const grant = {
        access_token: `token-${grants}`,
        token_type: "Bearer",
        instance_url: origin,
        id: `${origin}/id/1/2`,
      };
      response.setHeader("content-type", "application/json").end(JSON.stringify(grant));
      return;
    }
    requests.push({ kind: request.url?.split("/").at(-1) ?? "", cookie: request.headers.cookie });
    cometd.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    /** Publishes a platform event on a channel. */
    publish(channel: string, payload: object): void {
      const replayId = 100 + kept.length * 3;
      const data = { schema: "s", payload, event: { replayId } };
      kept.push({ replayId, data });
      cometd.createServerChannel(channel).publish(null, data);
    },
    /** Ends every session, as a server does that is restarted. */
    endSessions(): void {
      for (const id of sessions.splice(0)) cometd.getServerSession(id)?.disconnect();
    },
    close: () =>
      new Promise<void>((resolve) => {
        cometd.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What was published behind the id that a subscription names. */
function replay(cometd: CometDServer, sessionId: string, message: ServerMessage, kept: readonly Kept[]): void {
  const channel = String(message.subscription);
  const from: unknown = message.ext?.replay?.[channel];
  if (typeof from !== "number" || from === -1) return;
  const session = cometd.getServerSession(sessionId);
  for (const { replayId, data } of kept) if (replayId > from) session.deliver(null, channel, data);
}
