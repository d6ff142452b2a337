import { defineConnector } from "@isthmus/core";
import { authorizationCodeScheme, refreshPolicy } from "./auth.js";
import { createEntitySource } from "./entities/entity-source.js";
import { operations } from "./operations/index.js";
import { configurationSchema, type QuickbooksConfiguration, type QuickbooksCredentials } from "./options.js";
import { packageVersion } from "./package-version.js";
import { QuickbooksConnector } from "./quickbooks-connector.js";
import { webhooks } from "./webhooks.js";

/** QuickBooks Online as a connector: what a `ConnectorFactory` registers and a service finds by the package's name. */
export const quickbooks = defineConnector<QuickbooksConfiguration, QuickbooksConnector, QuickbooksCredentials>({
  specificationVersion: 1,
  type: "quickbooks",
  displayName: "QuickBooks Online",
  version: packageVersion,
  authentication: { oauth2_authorization_code: authorizationCodeScheme },
  configuration: configurationSchema,
  externalSystemUrlField: "apiUrl",
  refreshPolicy,
  // Contents of attachments come from Intuit's buckets at Amazon; no token goes there.
  allowedHosts: () => ["*.intuit.com", "*.amazonaws.com"],
  transport: ({ timeouts, limits }) => ({
    timeouts: { headersMs: 125_000, ...timeouts },
    // The throttle of the company keeps to it; one more lets a token be renewed meanwhile.
    concurrency: limits.concurrency + 1,
    retry: { rateLimited: "return" },
  }),
  operations: () => operations,
  entities: createEntitySource,
  inbound: webhooks,
  create: (context) => new QuickbooksConnector(context),
});
