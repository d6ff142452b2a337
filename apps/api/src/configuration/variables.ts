import { isAbsolute } from "node:path";
import { z } from "zod";
import { defaultRateLimits } from "../limits/index.js";
import {
  defaultBulkContentLimitMib,
  defaultChangeRequestDays,
  defaultDeletedRetentionDays,
  defaultEventRetentionDays,
  defaultInboundRetentionDays,
  defaultRecordRetentionDays,
} from "../services.js";
import { headerText, isHostAndPort, isNetwork, isOrigin, list } from "./forms.js";
import { keyExamples, keyVariables } from "./key-variables.js";
import { quotaSharesVariable } from "./quota-shares.js";

const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

const days = z.coerce
  .number({ error: "is not a number of days." })
  .int("is not a whole number of days.")
  .min(1, "is less than a day.");

/** How to write each variable, for the message that refuses a wrong one. */
export const examples = {
  PORT: "PORT=3000",
  HOST: "HOST=127.0.0.1",
  PUBLIC_URL: "PUBLIC_URL=https://isthmus.example.com",
  DATABASE_URL: "DATABASE_URL=postgresql://isthmus@db.example.com:5432/isthmus (unset = embedded)",
  ISTHMUS_DATA: "ISTHMUS_DATA=./.isthmus",
  ...keyExamples,
  ISTHMUS_LOST_KEYS: "ISTHMUS_LOST_KEYS=k1,k0",
  ISTHMUS_INBOUND_RETENTION_DAYS: "ISTHMUS_INBOUND_RETENTION_DAYS=30",
  ISTHMUS_EVENT_RETENTION_DAYS: "ISTHMUS_EVENT_RETENTION_DAYS=7",
  ISTHMUS_DELETED_RETENTION_DAYS: "ISTHMUS_DELETED_RETENTION_DAYS=30",
  ISTHMUS_RECORD_RETENTION_DAYS: "ISTHMUS_RECORD_RETENTION_DAYS=90",
  ISTHMUS_CHANGE_REQUEST_DAYS: "ISTHMUS_CHANGE_REQUEST_DAYS=7",
  ISTHMUS_BULK_LIMIT_MIB: "ISTHMUS_BULK_LIMIT_MIB=1024",
  ISTHMUS_QUOTA_SHARES: "ISTHMUS_QUOTA_SHARES=hook=95,sync=90,backfill=80 (percent of a vendor's daily quota)",
  ISTHMUS_ROLE: "ISTHMUS_ROLE=all",
  ISTHMUS_CONNECTORS: "ISTHMUS_CONNECTORS=@isthmus/custom,@acme/isthmus-crm",
  ISTHMUS_SINKS: "ISTHMUS_SINKS=@isthmus/sink-redis",
  ISTHMUS_ALLOWED_PRIVATE_HOSTS: "ISTHMUS_ALLOWED_PRIVATE_HOSTS=erp.intern.example:44300,127.0.0.1:4010",
  ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION: 'ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION="our ERP runs in our own network"',
  ISTHMUS_CERTIFICATE_DIR:
    "ISTHMUS_CERTIFICATE_DIR=/etc/isthmus/certificates (one folder for each tenant in it, named by its id)",
  ISTHMUS_PLATFORM_KEY: `ISTHMUS_PLATFORM_KEY=<32 characters or more>, made with: node -p 'crypto.randomBytes(32).toString("base64url")'`,
  ISTHMUS_RETURN_TO: "ISTHMUS_RETURN_TO=https://app.example.com,https://admin.example.com",
  ISTHMUS_CORS_ORIGINS: "ISTHMUS_CORS_ORIGINS=https://app.example.com",
  ISTHMUS_TRUSTED_PROXIES: "ISTHMUS_TRUSTED_PROXIES=10.0.0.7,10.1.0.0/16,fd12:3456::/48",
  ISTHMUS_RATE_PER_KEY: "ISTHMUS_RATE_PER_KEY=1200 (a minute; 0 = no limit)",
  ISTHMUS_RATE_PER_TENANT: "ISTHMUS_RATE_PER_TENANT=6000 (a minute; 0 = no limit)",
  ISTHMUS_RATE_REFUSED: "ISTHMUS_RATE_REFUSED=60 (a minute; 0 = no limit)",
  LOG_LEVEL: "LOG_LEVEL=info",
} as const;

/** The name of an environment variable that the service reads. */
export type VariableName = keyof typeof examples;

const requestsAMinute = z.coerce
  .number({ error: "is not a number of requests." })
  .int("is not a whole number of requests.")
  .min(0, "is less than none.")
  .max(10_000_000, "is more than any process answers; 0 is no limit.");

/** The environment as the service reads it. Variables that are not named here are ignored: they belong to others. */
export const variablesSchema = z.object({
  NODE_ENV: z.string().optional(),
  PORT: z.coerce
    .number({ error: "is not a port number." })
    .int("is not a port number.")
    .min(0)
    .max(65_535)
    .default(3000),
  HOST: z.string().min(1, "is empty.").default("127.0.0.1"),
  PUBLIC_URL: z.string().refine(isOrigin, "is not an http or https address without a path.").optional(),
  DATABASE_URL: z
    .string()
    .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), "is not a postgresql:// address.")
    .optional(),
  ISTHMUS_DATA: z.string().min(1, "is empty.").default("./.isthmus"),
  ...keyVariables,
  ISTHMUS_LOST_KEYS: list(z.string()).transform((ids) => ids ?? []),
  ISTHMUS_INBOUND_RETENTION_DAYS: days.max(365, "is more than a year.").default(defaultInboundRetentionDays),
  ISTHMUS_EVENT_RETENTION_DAYS: days.max(365, "is more than a year.").default(defaultEventRetentionDays),
  ISTHMUS_DELETED_RETENTION_DAYS: days.max(365, "is more than a year.").default(defaultDeletedRetentionDays),
  ISTHMUS_RECORD_RETENTION_DAYS: days.max(3_650, "is more than ten years.").default(defaultRecordRetentionDays),
  ISTHMUS_CHANGE_REQUEST_DAYS: days
    .max(90, "is more than 90 days, for which what was asked for would lie about.")
    .default(defaultChangeRequestDays),
  ISTHMUS_BULK_LIMIT_MIB: z.coerce
    .number({ error: "is not a number of MiB." })
    .int("is not a whole number of MiB.")
    .min(1, "is less than one MiB.")
    .max(16_384, "is more than 16 GiB, which would not arrive within the half hour that an upload has.")
    .default(defaultBulkContentLimitMib),
  ISTHMUS_QUOTA_SHARES: quotaSharesVariable,
  ISTHMUS_ROLE: z.enum(["all", "api", "worker"], { error: "is none of all, api, worker." }).default("all"),
  ISTHMUS_CONNECTORS: list(z.string().regex(packageName, "holds something that is not the name of a package.")),
  ISTHMUS_SINKS: list(z.string().regex(packageName, "holds something that is not the name of a package.")).transform(
    (names) => [...new Set(names)],
  ),
  ISTHMUS_ALLOWED_PRIVATE_HOSTS: list(
    z.string().refine(isHostAndPort, "holds something that is not exactly host:port."),
  ).transform((hosts) => hosts ?? []),
  ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION: z.string().min(10, "has to say why, in 10 characters or more.").optional(),
  ISTHMUS_CERTIFICATE_DIR: z.string().refine(isAbsolute, "is not an absolute path.").optional(),
  ISTHMUS_PLATFORM_KEY: headerText.min(32, "is shorter than 32 characters.").optional(),
  ISTHMUS_RETURN_TO: list(
    z.string().refine(isOrigin, "holds something that is not an origin (scheme, host and port, no path)."),
  ).transform((origins) => (origins ?? []).map((origin) => new URL(origin).origin)),
  ISTHMUS_CORS_ORIGINS: list(
    z.string().refine(isOrigin, "holds something that is not an origin (scheme, host and port, no path, no *)."),
  ).transform((origins) => (origins ?? []).map((origin) => new URL(origin).origin)),
  ISTHMUS_TRUSTED_PROXIES: list(
    z.string().refine(isNetwork, "holds something that is neither an IP address nor a network of at least 8 bits."),
  ).transform((networks) => networks ?? []),
  ISTHMUS_RATE_PER_KEY: requestsAMinute.default(defaultRateLimits.perKey),
  ISTHMUS_RATE_PER_TENANT: requestsAMinute.default(defaultRateLimits.perTenant),
  ISTHMUS_RATE_REFUSED: requestsAMinute.default(defaultRateLimits.refusedPerAddress),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "is none of fatal, error, warn, info, debug, trace, silent.",
    })
    .default("info"),
});
