import type { ConnectorEnvironment } from "@isthmus/core";
import { z } from "zod";

/** The oldest REST API version that Salesforce still answers; older ones are retired (HTTP 410). */
export const oldestApiVersion = 31;

/** The newest REST API version that this package was written for: Winter '27. */
export const newestApiVersion = 68;

/** What a person's authorization (OAuth 2.0 authorization code with PKCE) needs. */
export const authorizationCodeCredentialsSchema = z.strictObject({
  clientId: z
    .string()
    .min(1)
    .meta({ title: "Consumer key", description: "Consumer key of the external client app (or connected app)." }),
  clientSecret: z.string().min(1).optional().meta({
    title: "Consumer secret",
    description: "Consumer secret of the app. Leave it out for a public client, which proves itself by PKCE alone.",
    writeOnly: true,
  }),
  refreshToken: z.string().min(1).optional().meta({
    title: "Refresh token",
    description: "Refresh token of a grant that exists already. Nobody has to sign in again while it is valid.",
    writeOnly: true,
  }),
});

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

/** Validated credentials of the authorization code scheme. */
export type AuthorizationCodeCredentials = z.output<typeof authorizationCodeCredentialsSchema>;

/** A validated configuration, defaults filled in. */
export type SalesforceConfiguration = z.output<typeof configurationSchema>;

/**
 * Options of `createSalesforceConnector`: credentials, configuration and what the program hands in, side by side. Only
 * `clientId` is required.
 */
export interface SalesforceOptions
  extends z.input<typeof authorizationCodeCredentialsSchema>,
    z.input<typeof configurationSchema>,
    ConnectorEnvironment {}

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
