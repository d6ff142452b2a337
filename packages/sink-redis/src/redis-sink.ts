import { ConnectorError, type OpenedSink, type OutgoingEvent, type SinkContext, TransientError } from "@isthmus/core";
import { appendScript } from "./append-script.js";
import type { RedisSinkSettings } from "./settings.js";

const connectTimeoutMs = 5_000;
const longestReconnectMs = 5_000;
/** Commands that wait for their answers at the most: beyond them a try fails, and comes again. */
const mostWaiting = 10_000;

/**
 * Opens the sink. Redis need not be there yet: it is connected to again and again, and until then each delivery fails at once.
 *
 * @see https://redis.io/docs/latest/develop/data-types/streams/
 */
export async function openRedisSink(settings: RedisSinkSettings, { logger }: SinkContext): Promise<OpenedSink> {
  // At first use: a program that only reads the definition does not load it.
  const { createClient } = await import("@redis/client");
  const client = createClient({
    url: settings.ISTHMUS_REDIS_URL,
    disableOfflineQueue: true,
    commandsQueueMaxLength: mostWaiting,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (tries) => Math.min(longestReconnectMs, 50 * 2 ** Math.min(tries, 10)),
    },
  });
  let isAway = false;
  client.on("error", (error: unknown) => {
    if (!isAway) logger.warn({ code: codeOfError(error) }, "Redis cannot be reached; trying again");
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) logger.info({}, "Redis is reached again");
    isAway = false;
  });
  // Never ends while Redis is away, and says so by "error" above.
  const connecting = client.connect().catch(() => undefined);

  return {
    async deliver(event, signal) {
      // Sent, it would cost the connection, and with it all that is under way.
      if (Buffer.byteLength(event.data) > settings.ISTHMUS_REDIS_LARGEST_BYTES)
        return { taken: false, refusal: "TOO_LARGE" };
      const { keys, values } = entryOf(event, settings);
      try {
        await ended(client.eval(appendScript, { keys, arguments: values }), signal);
      } catch (error) {
        if (isOtherThing(error)) return { taken: false, blocked: "WRONGTYPE" };
        throw toConnectorError(error);
      }
      return { taken: true };
    },
    async close() {
      if (client.isReady) await client.close();
      else client.destroy();
      await connecting;
    },
  };
}

/** The tenant in braces keeps its stream and its marks on one node of a cluster. */
function entryOf({ id, tenantId, type, happenedAt, data }: OutgoingEvent, settings: RedisSinkSettings) {
  const name = `${settings.ISTHMUS_REDIS_PREFIX}{${tenantId}}`;
  const fields = { id, tenantId, type, timestamp: happenedAt.toISOString(), data };
  const limits = [settings.ISTHMUS_REDIS_KNOWN_SECONDS, settings.ISTHMUS_REDIS_MAXLEN].map(String);
  return { keys: [`${name}:events`, `${name}:seen:${id}`], values: [...limits, ...Object.entries(fields).flat()] };
}

async function ended<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new ConnectorError("CANCELLED", "An event was not handed to Redis in time."));
  signal.addEventListener("abort", abort, { once: true });
  // Whatever becomes of it afterwards is known by its mark.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Whether the name of the stream is that of something else. Before Redis 7, a script's failure only quotes the one of its command. */
function isOtherThing(error: unknown): boolean {
  return error instanceof Error && /\bWRONGTYPE\b/.test(error.message);
}

/** Everything else passes: an event comes again until Redis takes it. The message names the kind of failure, and no address. */
function toConnectorError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  return new TransientError("CONNECTION_FAILED", `Redis did not take an event: ${codeOfError(error)}.`);
}

/** The code of a socket's failure, the first word of an answer of Redis' (`READONLY`, `OOM`, `NOAUTH`), or the kind of error. */
function codeOfError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = Reflect.get(error, "code");
  if (typeof code === "string") return code;
  return /^[A-Z]{2,}(?= |$)/.exec(error.message)?.[0] ?? error.constructor.name;
}
