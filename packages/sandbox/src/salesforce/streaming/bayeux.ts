import type { SalesforceState } from "../state.js";
import { type BayeuxMessage, failed, objectOf, succeeded } from "./bayeux-message.js";
import type { StreamSession } from "./sessions.js";
import { subscribe, unsubscribe } from "./subscribe.js";

/** What a request says of its sender, beside the messages. */
export interface Sender {
  /** The access token; `undefined` when none came. */
  token: string | undefined;
  /** The value of the cookie BAYEUX_BROWSER. */
  cookie: string | undefined;
  /** The API version of the path; `undefined` when there is none. */
  version: number | undefined;
}

/** The answers to one message; a cookie to set comes with a handshake. */
export interface Answered {
  messages: Record<string, unknown>[];
  cookie?: string;
}

const oldestVersion = 37;
const newestVersion = 68;
const cookieName = "BAYEUX_BROWSER";

/** Answers one message. A connect waits until there is an event, its time is over or it is woken. */
export async function answerMessage(
  state: SalesforceState,
  message: BayeuxMessage,
  sender: Sender,
  wait: (session: StreamSession, timeoutMs: number) => Promise<void>,
): Promise<Answered> {
  if (message.channel === "/meta/handshake") return handshake(state, message, sender);
  const session = state.streaming.sessions.find(message.clientId, state.settings.streamingSessionMs);
  if (session === undefined) return { messages: [unknownClient(message)] };
  if (state.settings.streamingNeedsCookies && sender.cookie !== session.cookie) {
    const error = `400::Client ${session.clientId} has established a session, but no ${cookieName} cookie present`;
    return { messages: [failed(message, error)] };
  }
  const userId = userOf(state, sender);
  if (message.channel === "/meta/connect") return connect(state, session, message, sender, wait);
  if (userId === undefined)
    return {
      messages: [
        failed(message, "403:denied_by_security_policy:create_denied", { subscription: message.subscription }),
      ],
    };
  if (userId !== session.userId) {
    return { messages: [failed(message, "400::Authenticated user id does not match the session's user id")] };
  }
  switch (message.channel) {
    case "/meta/subscribe":
      return { messages: [subscribe(state, session, message)] };
    case "/meta/unsubscribe":
      return { messages: [unsubscribe(session, message)] };
    case "/meta/disconnect":
      state.streaming.sessions.close(session.clientId);
      return { messages: [succeeded(message)] };
    default:
      // Clients do not publish here: platform events are published by the REST API.
      return { messages: [failed(message, `403::Cannot create channel {${message.channel}}`)] };
  }
}

function handshake(state: SalesforceState, message: BayeuxMessage, sender: Sender): Answered {
  const userId = userOf(state, sender);
  const reason = refusalOf(message, sender, userId);
  if (reason !== undefined || userId === undefined) {
    const ext = {
      sfdc: { failureReason: reason ?? "401::Authentication invalid" },
      replay: true,
      "payload.format": true,
    };
    return {
      messages: [failed(message, "403::Handshake denied", { ext, advice: { reconnect: "none", interval: 0 } })],
    };
  }
  const session = state.streaming.sessions.open(userId, sender.cookie);
  const answer = succeeded(message, {
    ext: { replay: true, "payload.format": true },
    minimumVersion: "1.0",
    version: "1.0",
    clientId: session.clientId,
    supportedConnectionTypes: ["long-polling"],
  });
  return { messages: [answer], cookie: `${cookieName}=${session.cookie}; Path=/; HttpOnly` };
}

function refusalOf(message: BayeuxMessage, sender: Sender, userId: string | undefined): string | undefined {
  const format = `URI format: '/cometd/${newestVersion}.0'`;
  if (sender.version === undefined) return `400::API version in the URI is mandatory. ${format}`;
  if (sender.version < oldestVersion || sender.version > newestVersion) {
    return `400::Unsupported API version. Only API versions '${oldestVersion}.0' and later are supported. ${format}`;
  }
  if (sender.token === undefined) return "401::Request requires authentication";
  if (userId === undefined) return "401::Authentication invalid";
  const types: unknown = message.supportedConnectionTypes;
  if (Array.isArray(types) && !types.includes("long-polling"))
    return `400::Invalid connection type {${types.join(",")}}`;
  return undefined;
}

async function connect(
  state: SalesforceState,
  session: StreamSession,
  message: BayeuxMessage,
  sender: Sender,
  wait: (session: StreamSession, timeoutMs: number) => Promise<void>,
): Promise<Answered> {
  if (message.connectionType !== "long-polling") {
    return { messages: [failed(message, `400::Invalid connection type {${String(message.connectionType)}}`)] };
  }
  const holdMs = state.settings.streamingHoldMs;
  const asked = Number(objectOf(message.advice).timeout ?? holdMs);
  // The first connect of a session is answered at once, so that the client learns the advice.
  const timeoutMs = session.connected ? Math.min(holdMs, Number.isFinite(asked) ? Math.max(0, asked) : holdMs) : 0;
  session.connected = true;
  const valid = (): boolean => userOf(state, sender) === session.userId;
  if (session.queue.length === 0 && timeoutMs > 0 && valid()) await wait(session, timeoutMs);
  if (!valid()) {
    state.streaming.sessions.close(session.clientId);
    const advice = { reconnect: "none", interval: 0 };
    return { messages: [failed(message, "401::Authentication invalid", { advice })] };
  }
  if (state.streaming.sessions.find(session.clientId, Number.MAX_SAFE_INTEGER) === undefined) {
    return { messages: [unknownClient(message)] };
  }
  const advice = { interval: 0, timeout: holdMs, reconnect: "retry" };
  return { messages: [...session.queue.splice(0), succeeded(message, { advice })] };
}

function unknownClient(message: BayeuxMessage): BayeuxMessage {
  // A disconnect or unsubscribe of a session that is gone needs no new one.
  const advice = { interval: 0, reconnect: message.channel === "/meta/disconnect" ? "none" : "handshake" };
  return failed(message, "403::Unknown client", { advice });
}

function userOf(state: SalesforceState, sender: Sender): string | undefined {
  return sender.token === undefined ? undefined : state.grants.findAccessToken(sender.token)?.userId;
}
