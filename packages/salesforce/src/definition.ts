import { defineConnector } from "@isthmus/core";
import type { SalesforceCredentials } from "./auth/credentials.js";
import { authentication, refreshPolicy } from "./auth/schemes.js";
import { createEntitySource } from "./entities.js";
import { operations } from "./operations/index.js";
import { configurationSchema, type SalesforceConfiguration } from "./options.js";
import { outboundMessages } from "./outbound/outbound-messages.js";
import { packageVersion } from "./package-version.js";
import { SalesforceConnector } from "./salesforce-connector.js";

/** Salesforce as a connector: what a `ConnectorFactory` registers and a service finds by the package's name. */
export const salesforce = defineConnector<SalesforceConfiguration, SalesforceConnector, SalesforceCredentials>({
  specificationVersion: 1,
  type: "salesforce",
  displayName: "Salesforce",
  version: packageVersion,
  authentication,
  configuration: configurationSchema,
  externalSystemUrlField: "loginUrl",
  refreshPolicy,
  // Sign-in hosts, instances and My Domains of every kind end so. Sites (force.com, site.com) are left out: they answer
  // no REST API, and what runs on them is written by anyone.
  // https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
  allowedHosts: () => ["*.salesforce.com"],
  transport: ({ timeouts, limits }) => ({
    timeouts: { headersMs: 120_000, ...timeouts },
    // Its own count is of one connector and one host, with room for subscriptions and for answers that are being read, each
    // of which keeps one; what keeps the organisation's limit is the connector's gate.
    concurrency: limits.concurrentRequests + 75 + 200,
  }),
  operations: () => operations,
  entities: createEntitySource,
  inbound: outboundMessages,
  create: (context) => new SalesforceConnector(context),
});
