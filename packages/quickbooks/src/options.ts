import type { ConnectorEnvironment } from "@isthmus/core";
import { z } from "zod";
import { environmentOf } from "./hosts.js";

/** The only minor versions that Intuit still answers begin here: 1 to 74 are ignored since August 2025. */
export const oldestMinorVersion = 75;

/** What a person's authorization needs. */
export const authorizationCodeCredentialsSchema = z
  .strictObject({
    clientId: z
      .string()
      .min(1)
      .meta({ title: "Client ID", description: "Client ID of the app, from its keys and OAuth." }),
    clientSecret: z.string().min(1).meta({
      title: "Client secret",
      description: "Client secret of the app. Sandbox and production have keys of their own.",
      writeOnly: true,
    }),
    realmId: z
      .string()
      .regex(/^\d{1,20}$/, "must be the digits of a company id")
      .optional()
      .meta({
        title: "Company ID",
        description:
          "Id of the company (realm). Needed beside a refresh token; otherwise, the only company that may be connected. Default: the one that the person chooses.",
        examples: ["9130355377388383"],
      }),
    refreshToken: z.string().min(1).optional().meta({
      title: "Refresh token",
      description:
        "Refresh token of a grant that exists already, with its company ID. Nobody has to sign in while it is valid.",
      writeOnly: true,
    }),
    webhookVerifierToken: z.string().min(1).optional().meta({
      title: "Webhook verifier token",
      description: "Verifier token of the app's webhooks, for a program that takes deliveries itself.",
      writeOnly: true,
    }),
  })
  .refine(({ refreshToken, realmId }) => refreshToken === undefined || realmId !== undefined, {
    path: ["realmId"],
    message: "is needed beside a refresh token: only the sign-in tells which company it is for",
  });

const timeoutMs = (description: string) => z.int().positive().max(3_600_000).optional().describe(description);

const limit = (description: string, value: number) =>
  z.int().min(1).max(1_000_000).default(value).describe(`${description} Default ${value}.`);

/** Everything about the connection that is not secret. */
export const configurationSchema = z
  .strictObject({
    environment: z.enum(["sandbox", "production"]).default("sandbox").meta({
      title: "Environment",
      description: "Sandbox companies and real ones answer at different hosts, to different keys. Default sandbox.",
    }),
    apiUrl: z
      .string()
      .refine(isOrigin, "must be an origin such as https://quickbooks.api.intuit.com, without path or query")
      .transform((url) => new URL(url).origin)
      .pipe(z.string())
      .optional()
      .meta({
        title: "API address",
        description:
          "Origin of the Accounting API. Default: Intuit's for the environment. A stand-in answers OAuth and payments there as well.",
        examples: ["https://quickbooks.api.intuit.com"],
      }),
    scopes: z
      .array(z.string().regex(/^[\w:.-]+$/, "must be an OAuth scope"))
      .min(1)
      .default(["com.intuit.quickbooks.accounting"])
      .meta({
        title: "Scopes",
        description:
          "What is asked for: accounting, and com.intuit.quickbooks.payment for the Payments API; openid for the user's name.",
        examples: [["com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment"]],
      }),
    minorVersion: z
      .int()
      .min(oldestMinorVersion, `must be ${oldestMinorVersion} or later: Intuit ignores older ones`)
      .max(999)
      .default(oldestMinorVersion)
      .meta({ title: "Minor version", description: "Minor version of the Accounting API." }),
    limits: z
      .strictObject({
        concurrency: limit("Requests at once.", 10),
        callsPerSecond: limit("Requests in a second.", 10),
        callsPerMinute: limit("Requests in a minute.", 500),
        batchesPerMinute: limit("Batches in a minute.", 40),
      })
      .prefault({})
      .meta({
        title: "Limits",
        description:
          "What Intuit allows an app in one company. All connectors to a company with the same limits share them.",
      }),
    timeouts: z
      .strictObject({
        connectMs: timeoutMs("Until the connection stands, in milliseconds. Default 10 000."),
        headersMs: timeoutMs(
          "Until Intuit begins to answer, in milliseconds. Default 125 000: Intuit gives up after 120 s.",
        ),
        bodyMs: timeoutMs("Between two pieces of an answer, in milliseconds. Default 30 000."),
      })
      .default({})
      .meta({ title: "Timeouts" }),
  })
  .refine(
    ({ environment, apiUrl }) => apiUrl === undefined || [undefined, environment].includes(environmentOf(apiUrl)),
    {
      path: ["environment"],
      message: "does not fit the API address, which is of Intuit's other environment",
    },
  );

/** Validated credentials of the authorization code scheme. */
export type QuickbooksCredentials = z.output<typeof authorizationCodeCredentialsSchema>;

/** A validated configuration, defaults filled in. */
export type QuickbooksConfiguration = z.output<typeof configurationSchema>;

/**
 * Options of `createQuickbooksConnector`: credentials, configuration and what the program hands in, side by side. Only
 * `clientId` and `clientSecret` are required.
 */
export interface QuickbooksOptions
  extends z.input<typeof authorizationCodeCredentialsSchema>,
    z.input<typeof configurationSchema>,
    ConnectorEnvironment {}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  // Whether plain http and this host may be talked to is the transport's decision.
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && url.username === "";
}
