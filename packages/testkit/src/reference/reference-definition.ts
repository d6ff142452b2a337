import {
  type ConnectorDefinition,
  defaultRefreshPolicy,
  defineConnector,
  defineOperation,
  defineScheme,
  type OAuthGrant,
  type OAuthProfile,
} from "@isthmus/core";
import { z } from "zod";
import { createCardSource } from "./reference-cards.js";
import { basicCredentialsSchema, type ReferenceConfiguration, ReferenceConnector } from "./reference-connector.js";
import { defineImport, referenceImport } from "./reference-import.js";

const clientCredentialsSchema = z.strictObject({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).meta({ writeOnly: true }),
});

const configurationSchema: z.ZodType<ReferenceConfiguration> = z.strictObject({
  baseUrl: z.url(),
  timeoutMs: z.int().positive().default(10_000),
});

const noteSchema = z.looseObject({ id: z.int(), text: z.string() });

const listNotes = defineOperation({
  name: "notes.list",
  summary: "Reads the first page of notes.",
  kind: "read",
  input: z.strictObject({}),
  output: z.array(noteSchema),
  idempotent: true,
  run: (connector: ReferenceConnector, _input, call) => connector.listNotes({ signal: call.signal }),
});

const listAllNotes = defineOperation({
  name: "notes.all",
  summary: "Reads every note.",
  kind: "read",
  input: z.strictObject({}),
  output: z.array(noteSchema),
  idempotent: true,
  run: (connector: ReferenceConnector, _input, call) => connector.listAllNotes({ signal: call.signal }),
});

const createNote = defineOperation({
  name: "notes.create",
  summary: "Adds a note.",
  kind: "write",
  input: z.strictObject({ text: z.string().min(1) }),
  output: z.strictObject({ id: z.int() }),
  idempotent: false,
  run: (connector: ReferenceConnector, input, call) => connector.createNote(input.text, { signal: call.signal }),
});

const importNotes = defineImport(referenceImport);

/** The definition that keeps the whole contract; broken ones are copies of it with one thing changed. */
export const referenceDefinition: ConnectorDefinition<ReferenceConfiguration, ReferenceConnector> = defineConnector<
  ReferenceConfiguration,
  ReferenceConnector
>({
  specificationVersion: 1,
  type: "reference",
  displayName: "Reference vendor",
  version: "1.0.0",
  authentication: {
    oauth2_authorization_code: defineScheme<z.infer<typeof clientCredentialsSchema>, ReferenceConfiguration>({
      title: "OAuth 2.0 (a person signs in)",
      credentials: clientCredentialsSchema,
      oauth: (credentials, configuration) => referenceProfile("authorization_code", credentials, configuration),
    }),
    oauth2_client_credentials: defineScheme<z.infer<typeof clientCredentialsSchema>, ReferenceConfiguration>({
      title: "OAuth 2.0 (the client itself)",
      credentials: clientCredentialsSchema,
      oauth: (credentials, configuration) => referenceProfile("client_credentials", credentials, configuration),
    }),
    basic: defineScheme<z.infer<typeof basicCredentialsSchema>, ReferenceConfiguration>({
      title: "User name and password",
      credentials: basicCredentialsSchema,
    }),
  },
  configuration: configurationSchema,
  externalSystemUrlField: "baseUrl",
  refreshPolicy: { ...defaultRefreshPolicy, assumedLifetimeMs: 1_800_000 },
  allowedHosts: (configuration) => [new URL(configuration.baseUrl).hostname],
  transport: (configuration) => ({
    timeouts: { headersMs: configuration.timeoutMs, bodyMs: configuration.timeoutMs },
  }),
  exampleConfiguration: { baseUrl: "https://notes.example.com" },
  operations: () => [listNotes, listAllNotes, createNote, importNotes],
  entities: (connector) => createCardSource(connector),
  create: (context) => new ReferenceConnector(context),
});

/** The reference vendor's OAuth. */
export function referenceProfile(
  grant: OAuthGrant,
  credentials: z.infer<typeof clientCredentialsSchema>,
  { baseUrl }: ReferenceConfiguration,
): OAuthProfile {
  return {
    grant,
    issuer: baseUrl,
    authorizationEndpoint: `${baseUrl}/oauth/authorize`,
    tokenEndpoint: `${baseUrl}/oauth/token`,
    revocationEndpoint: `${baseUrl}/oauth/revoke`,
    clientId: credentials.clientId,
    clientSecret: credentials.clientSecret,
    scopes: ["notes"],
  };
}
