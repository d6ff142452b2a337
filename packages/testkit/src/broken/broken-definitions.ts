import { defineOperation, defineScheme, type Operation } from "@isthmus/core";
import { z } from "zod";
import type { ReferenceConfiguration, ReferenceConnector } from "../reference/reference-connector.js";
import { referenceDefinition, referenceProfile } from "../reference/reference-definition.js";
import { type BrokenConnector, brokenBy } from "./broken-connector.js";

interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const clientSecret = z.string().min(1).meta({ writeOnly: true });

/** Connectors whose definition is wrong: what they publish, accept and offer. */
export const brokenDefinitions: readonly BrokenConnector[] = [
  brokenBy("definition.sound", "has two operations of one name", {
    operations: (configuration) => {
      const operations = referenceDefinition.operations(configuration);
      return [...operations, ...operations.slice(0, 1)];
    },
  }),

  brokenBy("definition.sound", "takes bytes, and its other input is a list, which no query can hold", {
    operations: (configuration) =>
      changed(configuration, "notes.create", { consumes: "*/*", input: z.array(z.string()) }),
  }),

  brokenBy("definition.schemas", "takes an input that JSON Schema cannot describe", {
    operations: (configuration) =>
      changed(configuration, "notes.create", { input: z.strictObject({ text: z.date() }) }),
  }),

  withCredentials(
    "credentials.missing",
    "fills in a secret that is missing",
    z.strictObject({ clientId: z.string().default("nobody"), clientSecret: clientSecret.default("nothing") }),
  ),

  withCredentials(
    "credentials.wrong_type",
    "makes a text of whatever is given",
    z.strictObject({ clientId: z.coerce.string(), clientSecret: z.coerce.string().meta({ writeOnly: true }) }),
  ),

  withCredentials(
    "credentials.unknown_field",
    "ignores a misspelt field",
    z.object({ clientId: z.string(), clientSecret }),
  ),

  withCredentials(
    "credentials.no_echo",
    "quotes a wrong client id",
    z.strictObject({
      clientId: z.string().refine((value) => value.startsWith("reference-"), {
        error: (issue) => `${String(issue.input)} is not a client id.`,
      }),
      clientSecret,
    }),
  ),

  withCredentials(
    "credentials.write_only",
    "lets a form show its client secret",
    z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) }),
  ),

  brokenBy("operation.unknown", "takes an unknown operation for its first one", {
    operations: (configuration) => {
      const operations = [...referenceDefinition.operations(configuration)];
      const [first] = operations;
      // Core looks operations up itself, so the mistake has to be in the list.
      operations.find = () => first;
      return operations;
    },
  }),

  brokenBy("operation.input", "ignores an unknown field of an input", {
    operations: (configuration) => changed(configuration, "notes.list", { input: z.looseObject({}) }),
  }),

  brokenBy("operation.output", "promises another shape than it gives", {
    operations: (configuration) =>
      changed(configuration, "notes.create", { output: z.strictObject({ id: z.string() }) }),
  }),

  brokenBy("timeout.read", "ignores the configured timeout", { transport: () => ({}) }),

  brokenBy("refresh.assumed_lifetime", "takes a token without a lifetime for one that lives ten years", {
    authentication: {
      oauth2_authorization_code: defineScheme<ClientCredentials, ReferenceConfiguration>({
        title: "OAuth 2.0 (a person signs in)",
        credentials: z.strictObject({ clientId: z.string().min(1), clientSecret }),
        oauth: (credentials, configuration) => ({
          ...referenceProfile("authorization_code", credentials, configuration),
          readTokenResponse: (response, nowMs) =>
            response.expires_in === undefined ? { expiresAtMs: nowMs + 10 * 365 * 24 * 3_600_000 } : {},
        }),
      }),
    },
  }),

  brokenBy("abort.read", "does not hand the caller's signal on", {
    operations: (configuration) => changed(configuration, "notes.list", { run: (connector) => connector.listNotes() }),
  }),
];

/** The reference operations, one of them changed. */
function changed(
  configuration: ReferenceConfiguration,
  name: string,
  changes: Partial<Operation<ReferenceConnector>>,
): Operation<ReferenceConnector>[] {
  return referenceDefinition
    .operations(configuration)
    .map((operation) => (operation.name === name ? defineOperation({ ...operation, ...changes }) : operation));
}

function withCredentials(
  breaks: BrokenConnector["breaks"],
  mistake: string,
  credentials: z.ZodType<ClientCredentials>,
): BrokenConnector {
  return brokenBy(breaks, mistake, {
    authentication: {
      oauth2_authorization_code: defineScheme<ClientCredentials, ReferenceConfiguration>({
        title: "OAuth 2.0 (a person signs in)",
        credentials,
        oauth: (proven, configuration) => referenceProfile("authorization_code", proven, configuration),
      }),
    },
  });
}
