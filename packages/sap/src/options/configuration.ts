import { samlNameFormats } from "@isthmus/core";
import { z } from "zod";
import { fileReference, origin, pemList, clientId as sapClient, timeoutMs } from "./fields.js";
import { idocSchema } from "./idoc-options.js";
import { odataSchema } from "./odata-options.js";
import { rfcSchema } from "./rfc-options.js";

const samlSchema = z.strictObject({
  issuer: z.string().min(1).max(1_000).meta({
    title: "Issuer",
    description: "Name of the identity provider, as the system trusts it.",
  }),
  audience: z.string().min(1).max(1_000).meta({
    title: "Audience",
    description: "Entity id of the system's SAML service provider (transaction SAML2), or of the BTP subaccount.",
  }),
  recipient: z.url().optional().meta({ title: "Recipient", description: "Default: the token endpoint." }),
  nameFormat: z.enum(samlNameFormats).default("unspecified").meta({
    title: "Name format",
    description: "How the subject names the user: `unspecified` for the logon name, `emailAddress`.",
  }),
  lifetimeSeconds: z.int().min(60).max(3_600).default(300).meta({
    title: "Lifetime",
    description: "How long an assertion is valid, in seconds.",
  }),
});

const oauthSchema = z.strictObject({
  tokenEndpoint: z.url({ protocol: /^https?$/ }).meta({
    title: "Token endpoint",
    description:
      "BTP: `url` (or `certurl`, with a certificate) of the service key and /oauth/token. In the system: /sap/bc/sec/oauth2/token.",
    examples: ["https://acme.authentication.eu10.hana.ondemand.com/oauth/token"],
  }),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be an OAuth scope"))
    .default([])
    .meta({
      title: "Scopes",
      description: "What is asked for. In the system, one for each OData service; none means all of the client's.",
    }),
  clientAuthentication: z.enum(["client_secret_post", "client_secret_basic"]).optional().meta({
    title: "Client authentication",
    description:
      "How the secret is sent: in the form, the default, or in a Basic header, the default for the system's own token endpoint.",
  }),
  saml: samlSchema.optional().meta({ title: "SAML", description: "Needed by the SAML bearer method." }),
});

const fieldsSchema = z.strictObject({
  url: origin.meta({
    title: "System address",
    description: "Origin of the system, with its port: what stands before /sap in its addresses.",
    examples: ["https://s4.example.com:44300"],
  }),
  client: sapClient.optional().meta({
    title: "Client",
    description: "`sap-client`, three digits. Default: the one that the system itself chooses.",
  }),
  language: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be two capital letters")
    .default("EN")
    .meta({ title: "Language", description: "`sap-language`: of texts and messages." }),
  trustedAuthorities: pemList.optional().meta({
    title: "Trusted authorities",
    description: "Certificates (PEM) of the only authorities that may vouch for the system. Default: those of Node.",
  }),
  trustedAuthoritiesFile: fileReference.optional().meta({
    title: "Trusted authorities file",
    description: "Name of a file (PEM) of them in the operator's folder.",
  }),
  oauth: oauthSchema.optional().meta({ title: "OAuth", description: "Needed by the OAuth methods." }),
  odata: odataSchema,
  rfc: rfcSchema,
  idoc: idocSchema,
  limits: z
    .strictObject({
      concurrency: z.int().min(1).max(100).default(10).describe("Connections at once; each is a work process of SAP."),
      sessions: z
        .int()
        .min(1)
        .max(50)
        .default(4)
        .describe("Stateful sessions at once, each used by one caller and then ended."),
      idleMs: z.int().min(1).max(600_000).default(30_000).describe("How long an unused connection is kept."),
    })
    .prefault({})
    .meta({ title: "Limits" }),
  retry: z
    .strictObject({
      maxAttempts: z.int().min(1).max(10).optional().describe("Tries of what is safe to repeat. Default 4."),
      baseMs: z.int().min(0).max(60_000).optional().describe("Upper bound of the first pause. Default 250."),
    })
    .default({})
    .meta({ title: "Retries", description: "A refused logon is never repeated, whatever these say." }),
  timeouts: z
    .strictObject({
      connectMs: timeoutMs("Until the connection stands, in milliseconds. Default 10 000."),
      headersMs: timeoutMs("Until the system begins to answer, in milliseconds. Default 60 000."),
      bodyMs: timeoutMs("Between two pieces of an answer, in milliseconds. Default 30 000."),
    })
    .default({})
    .meta({ title: "Timeouts" }),
});

/** Everything about the connection that is not secret. */
export const configurationSchema = fieldsSchema.superRefine(({ idoc, odata }, context) => {
  for (const [type, entity] of Object.entries(idoc.entities)) {
    const [service = "", set] = entity.split("/");
    // Without a set, its own refusal says what is wrong.
    if (set === undefined || Object.hasOwn(odata, service)) continue;
    context.addIssue({
      code: "custom",
      path: ["idoc", "entities", type],
      message: "must begin with the name of a service that stands in odata",
    });
  }
});

/** A validated configuration, defaults filled in. */
export type SapConfiguration = z.output<typeof configurationSchema>;

/** What a caller may give. */
export type SapConfigurationInput = z.input<typeof configurationSchema>;
