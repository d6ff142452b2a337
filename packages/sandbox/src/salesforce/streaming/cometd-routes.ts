import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import type { SalesforceState } from "../state.js";
import { answerMessage, type Sender } from "./bayeux.js";
import { readMessages } from "./bayeux-message.js";
import type { StreamSession } from "./sessions.js";

/** Bytes of one request, as Salesforce limits them. */
const mostBytes = 32_768;

/**
 * Adds the Streaming API: CometD at `/cometd/NN.0`, by long polling.
 *
 * @param closing - Aborted when the server closes: connects that wait are answered then.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_streaming.meta/api_streaming/
 */
export function addCometdRoutes(app: FastifyInstance, state: SalesforceState, closing: AbortSignal): void {
  closing.addEventListener("abort", () => state.streaming.sessions.wakeAll(), { once: true });
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The media type is not looked at: some clients of the protocol send none that fits.
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    for (const url of ["/cometd", "/cometd/:version", "/cometd/:version/:type"]) {
      scope.post<{ Params: { version?: string } }>(url, async (request, reply) =>
        answerRequest(
          request,
          reply,
          state,
          { ...senderOf(request), version: versionOf(request.params.version) },
          closing,
        ),
      );
    }
  });
}

async function answerRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  state: SalesforceState,
  sender: Sender,
  closing: AbortSignal,
): Promise<FastifyReply> {
  const text = typeof request.body === "string" ? request.body : "";
  if (Buffer.byteLength(text) > mostBytes)
    return reply.code(413).type("text/plain").send("413::Maximum Request Size Exceeded");
  const messages = readMessages(text);
  if (messages === undefined) return reply.code(400).type("text/plain").send("400::The body is no Bayeux message");
  const wait = (session: StreamSession, timeoutMs: number): Promise<void> =>
    waitForEvent(session, timeoutMs, request, closing);
  const answers: Record<string, unknown>[] = [];
  for (const message of messages) {
    const answered = await answerMessage(state, message, sender, wait);
    if (answered.cookie !== undefined) reply.header("set-cookie", answered.cookie);
    answers.push(...answered.messages);
  }
  return sendJson(reply, 200, answers);
}

/** Resolves when the session is woken, the time is over, the caller has gone or the server closes. */
function waitForEvent(
  session: StreamSession,
  timeoutMs: number,
  request: FastifyRequest,
  closing: AbortSignal,
): Promise<void> {
  // A second connect takes the place of the first.
  session.wake?.();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      request.raw.socket.off("close", end);
      if (session.wake === end) session.wake = undefined;
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    session.wake = end;
    request.raw.socket.once("close", end);
    if (closing.aborted) end();
  });
}

function senderOf(request: FastifyRequest): Omit<Sender, "version"> {
  return {
    token: /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1],
    cookie: /(?:^|;\s*)BAYEUX_BROWSER=([^;]+)/.exec(request.headers.cookie ?? "")?.[1],
  };
}

function versionOf(text: string | undefined): number | undefined {
  const match = /^(\d{1,3})\.0$/.exec(text ?? "");
  return match === null ? undefined : Number(match[1]);
}
