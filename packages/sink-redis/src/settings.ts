import { z } from "zod";

/** The environment variables of the sink. */
export const settingsSchema = z.object({
  /** `redis://` or, with TLS, `rediss://`, with user name and password where there are such. */
  ISTHMUS_REDIS_URL: z
    .string({ error: "is missing." })
    .refine((value) => /^rediss?:\/\//.test(value) && URL.canParse(value), "is not a redis:// or rediss:// address."),
  /** Names of streams begin with it. */
  ISTHMUS_REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, "holds something else than letters, digits, and . : _ -")
    .default("isthmus:"),
  /** Entries that a stream keeps, about: the oldest go. 0 = all. */
  ISTHMUS_REDIS_MAXLEN: z.coerce
    .number({ error: "is not a number of entries." })
    .int("is not a whole number of entries.")
    .min(0, "is less than none.")
    .default(1_000_000),
  /** How long an event that comes again is known. 0 = not at all. */
  ISTHMUS_REDIS_KNOWN_SECONDS: z.coerce
    .number({ error: "is not a number of seconds." })
    .int("is not a whole number of seconds.")
    .min(0, "is less than none.")
    .max(604_800, "is more than a week.")
    .default(3_600),
  /** Bytes of an event up to which it is sent: a larger one is refused for good. Redis itself takes 512 MiB, unless it is set to less. */
  ISTHMUS_REDIS_LARGEST_BYTES: z.coerce
    .number({ error: "is not a number of bytes." })
    .int("is not a whole number of bytes.")
    .min(1_024, "is less than 1024.")
    .max(536_870_912, "is more than Redis takes.")
    .default(16_777_216),
});

/** {@link settingsSchema}, proven. */
export type RedisSinkSettings = z.output<typeof settingsSchema>;

/** How to write each of them. */
export const examples: Readonly<Record<keyof RedisSinkSettings, string>> = {
  ISTHMUS_REDIS_URL: "ISTHMUS_REDIS_URL=rediss://isthmus:password@redis.example.com:6379",
  ISTHMUS_REDIS_PREFIX: "ISTHMUS_REDIS_PREFIX=isthmus:",
  ISTHMUS_REDIS_MAXLEN: "ISTHMUS_REDIS_MAXLEN=1000000 (0 = no limit)",
  ISTHMUS_REDIS_KNOWN_SECONDS: "ISTHMUS_REDIS_KNOWN_SECONDS=3600",
  ISTHMUS_REDIS_LARGEST_BYTES: "ISTHMUS_REDIS_LARGEST_BYTES=16777216",
};
