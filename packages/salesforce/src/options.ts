import { z } from "zod";

/** The oldest REST API version that Salesforce still answers; older ones are retired (HTTP 410). */
export const oldestApiVersion = 31;

/** The newest REST API version that this package was written for: Winter '27. */
export const newestApiVersion = 68;

const timeoutMs = (description: string) => z.int().positive().max(3_600_000).optional().describe(description);

/** Everything about the connection that is not secret. */
export const configurationSchema = z.strictObject({
  loginUrl: z
    .string()
    .refine(isOrigin, "must be an origin such as https://example.my.salesforce.com, without path or query")
    .transform((url) => new URL(url).origin)
    .pipe(z.string())
    .default("https://login.salesforce.com")
    .meta({
      title: "Login address",
      description:
        "Where people sign in: https://login.salesforce.com, https://test.salesforce.com for a sandbox, or the organisation's My Domain.",
      examples: ["https://test.salesforce.com", "https://example.my.salesforce.com"],
    }),
  apiVersion: z
    .string()
    .superRefine(refuseUnusableVersion)
    .default("v60.0")
    .meta({
      title: "API version",
      description: `Version of the REST API, v${oldestApiVersion}.0 to v${newestApiVersion}.0.`,
      pattern: "^v\\d\\d\\.0$",
      examples: ["v60.0"],
    }),
  scopes: z
    .array(z.string().regex(/^[\w:.-]+$/, "must be an OAuth scope"))
    .min(1)
    .default(["api", "refresh_token"])
    .meta({
      title: "Scopes",
      description: "What is asked for. Without refresh_token a person has to sign in again when the session ends.",
    }),
  sessionLifetimeMs: z.int().min(900_000).max(86_400_000).optional().meta({
    title: "Session lifetime",
    description:
      "Salesforce does not say when a token ends: the organisation's session settings do. Milliseconds after which it has surely ended, if you know; it is then refreshed about five minutes earlier. Left out, two hours (Salesforce's own default) are assumed, and a token that still works is not given up.",
  }),
  introspect: z.enum(["auto", "never"]).default("auto").meta({
    title: "Ask for the session's end",
    description:
      "auto: after each new token Salesforce is asked once when it ends, where sessionLifetimeMs does not say so and the app has a secret. never: it is assumed.",
  }),
  limits: z
    .strictObject({
      concurrentRequests: z.int().min(1).max(100).default(25).meta({
        description:
          "Requests at work at once, over all connectors to the organisation in this process, and in all processes that share a database server. Salesforce takes 25 long ones (over 20 seconds) in production and sandboxes, 5 in Developer and trial editions.",
      }),
      reservePercent: z.int().min(0).max(90).default(0).meta({
        description:
          "Share of the day's requests that is left to others: beyond it calls are refused here as if the day's requests were used up.",
      }),
    })
    .default({ concurrentRequests: 25, reservePercent: 0 })
    .meta({ title: "Limits" }),
  timeouts: z
    .strictObject({
      connectMs: timeoutMs("Until the connection stands, in milliseconds. Default 10 000."),
      headersMs: timeoutMs(
        "Until Salesforce begins to answer, in milliseconds. Default 120 000: queries may run long.",
      ),
      bodyMs: timeoutMs("Between two pieces of an answer, in milliseconds. Default 30 000."),
    })
    .default({})
    .meta({ title: "Timeouts" }),
});

/** A validated configuration, defaults filled in. */
export type SalesforceConfiguration = z.output<typeof configurationSchema>;

/** Everything about the connection that is not secret, as a caller writes it. */
export type SalesforceConfigurationInput = z.input<typeof configurationSchema>;

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  // Whether plain http and this host may be talked to is the transport's decision.
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && url.username === "";
}

function refuseUnusableVersion(value: string, context: z.RefinementCtx): void {
  const message = explainUnusableVersion(value);
  if (message !== undefined) context.addIssue({ code: "custom", message });
}

function explainUnusableVersion(value: string): string | undefined {
  const found = /^v(\d\d)\.0$/.exec(value)?.[1];
  if (found === undefined) return `must look like v60.0 (v${oldestApiVersion}.0 to v${newestApiVersion}.0)`;
  const version = Number(found);
  if (version < oldestApiVersion)
    return `is retired at Salesforce; the oldest version that answers is v${oldestApiVersion}.0`;
  if (version > newestApiVersion) return `is newer than this package knows; the newest is v${newestApiVersion}.0`;
  return undefined;
}
