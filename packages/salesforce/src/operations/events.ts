import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceConnector } from "../salesforce-connector.js";
import type { StreamMessage } from "../streaming/stream-event.js";
import { channelPattern } from "../streaming/streaming.js";

const messageShape = {
  replayId: z.int().describe("Where to go on after it."),
  event: z
    .looseObject({ kind: z.enum(["change", "gap", "overflow", "platform", "other"]) })
    .describe("The event. Of an update its `fields` are the changed ones only."),
};
const messageSchema = z.strictObject(messageShape);

/** Connects without an event after which a caller who wants no stream is answered. Salesforce answers the first at once. */
const mostEmptyAnswers = 2;

/** `events.subscribe`: without end as NDJSON; as JSON what is there, or what comes within two minutes. */
export const subscribeToEvents = defineOperation({
  name: "events.subscribe",
  summary: "Listens to change data capture or platform events: for as long as the caller reads, as NDJSON.",
  kind: "stream",
  idempotent: true,
  input: z.strictObject({
    channel: z
      .string()
      .regex(channelPattern, "must be the name of a channel")
      .meta({ description: "Name of the channel.", examples: ["/data/AccountChangeEvent", "/event/Shipment__e"] }),
    replayFrom: z
      .int()
      .min(-2)
      .default(-1)
      .describe("The replayId of the last event that was handled; -2 for all that are kept, -1 for new ones."),
  }),
  output: z.strictObject({ events: z.array(messageSchema).describe("Events, oldest first. May be empty.") }),
  async run(connector: SalesforceConnector, { channel, replayFrom }, { signal }) {
    let empty = 0;
    for await (const { messages } of connector.streaming.batches(channel, { replayFrom, signal })) {
      if (messages.length > 0) return { events: messages.map(toOutput) };
      empty += 1;
      if (empty > mostEmptyAnswers) break;
    }
    return { events: [] };
  },
  stream: {
    item: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("subscribed") }).describe("From here on nothing is missed."),
      z.strictObject({ type: z.literal("alive") }).describe("Nothing happened since the line before."),
      z.strictObject({ type: z.literal("event"), ...messageShape }),
    ]),
    async *run(connector: SalesforceConnector, { channel, replayFrom }, { signal }) {
      let type: "subscribed" | "alive" = "subscribed";
      for await (const { messages } of connector.streaming.batches(channel, { replayFrom, signal })) {
        if (type === "subscribed" || messages.length === 0) yield { type };
        type = "alive";
        for (const message of messages) yield { type: "event" as const, ...toOutput(message) };
      }
    },
  },
});

function toOutput({ replayId, event }: StreamMessage) {
  return { replayId, event: { ...event } };
}
