import { defineConnector } from "@isthmus/core";
import { findEntityOfIdoc } from "./idoc/receive/entity-of-idoc.js";
import { idocInbound } from "./idoc/receive/idoc-inbound.js";
import { authentication, refreshPolicy } from "./logon/schemes.js";
import { createTlsSource } from "./logon/tls-source.js";
import { listOperations } from "./operations/index.js";
import { configurationSchema, type SapConfiguration } from "./options/configuration.js";
import type { SapCredentials } from "./options/credentials.js";
import { packageVersion } from "./package-version.js";
import { SapConnector } from "./sap-connector.js";

/** SAP as a connector: what a `ConnectorFactory` registers and a service finds by the package's name. */
export const sap = defineConnector<SapConfiguration, SapConnector, SapCredentials>({
  specificationVersion: 1,
  type: "sap",
  displayName: "SAP",
  version: packageVersion,
  authentication,
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  exampleConfiguration: {
    url: "https://s4.example.com:44300",
    client: "100",
    odata: { "business-partners": { path: "/sap/opu/odata/sap/API_BUSINESS_PARTNER" } },
  },
  refreshPolicy,
  allowedHosts: listHosts,
  transport: (configuration, credentials, parts) => {
    const { timeouts, retry, limits } = configuration;
    // Validated by one of the schemes before it comes here.
    const tls = createTlsSource(configuration, credentials as SapCredentials, parts);
    return {
      timeouts: { headersMs: 60_000, ...timeouts },
      retry,
      concurrency: limits.concurrency,
      idleMs: limits.idleMs,
      ...(tls && { tls }),
    };
  },
  operations: listOperations,
  entities: (connector) => connector.entities,
  inbound: idocInbound,
  eventEntity: ({ idoc }, event) => findEntityOfIdoc(idoc.entities, event),
  create: (context) => new SapConnector(context),
});

/** The system's host, the token endpoint's, and those that WSDLs may import from. */
function listHosts({ url, oauth, rfc }: SapConfiguration): string[] {
  const addresses = [url, ...(oauth ? [oauth.tokenEndpoint] : [])];
  return [...new Set([...addresses.map((address) => new URL(address).hostname), ...rfc.wsdlHosts])];
}
