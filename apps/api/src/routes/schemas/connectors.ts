import { authenticationMethods } from "@isthmus/core";
import { z } from "zod";
import { instantSchema, pageQuerySchema } from "./common.js";

const code = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "Lower-case letters, digits, dots, dashes and underscores, 1 to 63 of them.")
  .describe("The tenant's own identifier; unique among its connectors.");
const name = z.string().trim().min(1).max(200).describe("For people.");
const environment = z.enum(["sandbox", "production"]);
const externalSystemUrl = z
  .url({ protocol: /^https?$/, error: "An http or https address." })
  .max(2000)
  .describe("Address of the customer's system. May be left out where the type has one address for all.");
const authenticationMethod = z.enum(authenticationMethods);
const configuration = z
  .record(z.string(), z.unknown())
  .describe("Everything that is not secret, as the type's configuration schema says.");
const credentials = z
  .record(z.string(), z.unknown())
  .meta({ writeOnly: true })
  .describe("As the schema of the authentication method says. Sealed at once; never comes out again.");

/** Body of `POST /v1/connectors`. */
export const createConnectorSchema = z
  .strictObject({
    code,
    name,
    type: z.string().min(1).max(50).describe("An installed type; see /v1/connector-types."),
    environment,
    externalSystemUrl: externalSystemUrl.optional(),
    authenticationMethod,
    credentials,
    configuration: configuration.default({}),
  })
  .meta({ id: "NewConnector" });

/** Body of `PATCH /v1/connectors/{id}`: what is missing stays. */
export const updateConnectorSchema = z
  .strictObject({
    code: code.optional(),
    name: name.optional(),
    active: z.boolean().optional().describe("Whether operations may run."),
    environment: environment.optional(),
    externalSystemUrl: externalSystemUrl.optional(),
    authenticationMethod: authenticationMethod.optional().describe("Needs its credentials beside it."),
    credentials: credentials.optional(),
    configuration: configuration.optional().describe("Replaces the whole configuration."),
  })
  .meta({ id: "ConnectorChanges" });

/** Query of `GET /v1/connectors`. */
export const listConnectorsSchema = pageQuerySchema.extend({
  type: z.string().max(50).optional(),
  active: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  environment: environment.optional(),
  deleted: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe(
      "Those that are deleted and can be restored, or are being purged. Default: false, which shows none of them.",
    ),
});

/** Body of `POST /v1/connectors/{id}/restore`. */
export const restoreConnectorSchema = z
  .strictObject({ code: code.optional().describe("Another code, where its own is taken by now.") })
  .nullish();

/** How a purge went. */
export const purgeSchema = z
  .object({
    purged: z.boolean().describe("Whether the connector is gone for good. If not, it is being worked on."),
    revoked: z.boolean().describe("Whether the vendor confirmed that the grant is gone."),
    code: z.string().nullable().describe("Why not, where there was a grant and the vendor was asked."),
  })
  .meta({ id: "Purge" });

/** A connector as it is answered: never with credentials. */
export const connectorSchema = z
  .object({
    id: z.uuid(),
    code: z.string(),
    name: z.string(),
    type: z.string(),
    environment,
    externalSystemUrl: z.string(),
    authenticationMethod,
    configuration: z.record(z.string(), z.unknown()),
    hasCredentials: z.boolean(),
    active: z.boolean(),
    status: z.enum(["disconnected", "connected", "reconnect_required"]),
    account: z
      .object({ id: z.string(), name: z.string().nullable() })
      .nullable()
      .describe("The vendor account that it is connected to."),
    reconnectBefore: instantSchema
      .nullable()
      .describe("After it only a person can renew the authorisation, where the vendor tells."),
    version: z.int().describe("Counts changes; also the ETag."),
    connectorVersion: z.string().describe("Version of the connector package that wrote the configuration."),
    lastSyncAt: instantSchema.nullable(),
    createdBy: z.uuid(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
    deletedAt: instantSchema.nullable().describe("Null unless it is deleted."),
    purgeAt: instantSchema.nullable().describe("Of a deleted one: until then it can be restored."),
  })
  .meta({ id: "Connector" });
