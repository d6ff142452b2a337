import { listObjects } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import { type BayeuxMessage, failed, objectOf, succeeded } from "./bayeux-message.js";
import { changeChannelOf } from "./change-events.js";
import { platformEvents } from "./platform-events.js";
import { enqueue, type StreamSession } from "./sessions.js";

const allEvents = -2;
const newEvents = -1;

/** Answers `/meta/subscribe`, and queues what is to be replayed. */
export function subscribe(state: SalesforceState, session: StreamSession, message: BayeuxMessage): BayeuxMessage {
  const { subscription } = message;
  const told = { subscription };
  if (typeof subscription !== "string" || subscription === "") {
    return failed(message, "400::Channel name not specified", told);
  }
  if (!subscription.startsWith("/")) {
    return failed(message, "400::Channel subscriptions must start with a leading '/'", told);
  }
  const denied = state.settings.deniedChannels.split(",").map((name) => name.trim());
  if (denied.includes(subscription)) return failed(message, "403:denied_by_security_policy:create_denied", told);
  if (!isChannel(subscription)) {
    const error = `400::The channel you requested to subscribe to does not exist {${subscription}}`;
    return failed(
      message,
      subscription.startsWith("/event/") ? "403:denied_by_security_policy:create_denied" : error,
      told,
    );
  }
  const from = replayFrom(message, subscription);
  if (from !== newEvents && from !== allEvents && !state.streaming.bus.isRetained(from)) {
    const given = String(objectOf(objectOf(message.ext).replay)[subscription]);
    const error = `400::The replayId {${given}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`;
    return failed(message, error, told);
  }
  session.channels.add(subscription);
  if (from !== newEvents) {
    for (const event of state.streaming.bus.retained(subscription)) {
      if (event.replayId > from) enqueue(session, subscription, event);
    }
  }
  return succeeded(message, told);
}

/** Answers `/meta/unsubscribe`. */
export function unsubscribe(session: StreamSession, message: BayeuxMessage): BayeuxMessage {
  const { subscription } = message;
  session.channels.delete(String(subscription));
  return succeeded(message, { subscription });
}

/** `ext.replay` holds, by channel, the id of the last event that was received. */
function replayFrom(message: BayeuxMessage, channel: string): number {
  const wish = objectOf(objectOf(message.ext).replay)[channel];
  return wish === undefined || wish === null ? newEvents : Number(wish);
}

function isChannel(channel: string): boolean {
  if (channel === "/data/ChangeEvents") return true;
  if (platformEvents.some(({ name }) => channel === `/event/${name}`)) return true;
  return listObjects().some((object) => object.writable && changeChannelOf(object) === channel);
}
