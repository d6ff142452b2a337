import { defineSink } from "@isthmus/core";
import { openRedisSink } from "./redis-sink.js";
import { examples, settingsSchema } from "./settings.js";

/** Events into Redis Streams: one stream for each tenant. */
export const redisSink = defineSink({
  sinkVersion: 1,
  displayName: "Redis Streams",
  settings: settingsSchema,
  examples,
  open: openRedisSink,
});
