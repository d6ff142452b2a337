import {
  ClientIdentitySource,
  createClientTls,
  defaultRefreshPolicy,
  defineConnector,
  type TlsSource,
  type TransportParts,
} from "@isthmus/core";
import { authentication } from "./auth.js";
import { CustomConnector } from "./custom-connector.js";
import { exampleConfiguration } from "./example-configuration.js";
import { createOperations } from "./operations.js";
import { type CustomConfiguration, configurationSchema } from "./options/configuration.js";
import { type CustomCredentials, clientCertificateCredentialsSchema } from "./options/credentials.js";
import { packageVersion } from "./package-version.js";

/** Any REST API as a connector: what it can do is what its configuration says. */
export const custom = defineConnector<CustomConfiguration, CustomConnector, CustomCredentials>({
  specificationVersion: 1,
  type: "custom",
  displayName: "Custom REST API",
  version: packageVersion,
  authentication,
  configuration: configurationSchema,
  externalSystemUrlField: "baseUrl",
  exampleConfiguration,
  // A refresh token that may rotate is never sent twice: nothing is known of the server.
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: listHosts,
  transport: (configuration, credentials, parts) => {
    const { concurrency, ratePerSecond, timeouts, maxResponseBytes } = configuration.limits;
    const tls = openTls(configuration, credentials, parts);
    return {
      concurrency,
      timeouts,
      maxResponseBytes,
      ...(ratePerSecond !== undefined && { ratePerSecond }),
      ...(tls && { tls }),
    };
  },
  operations: createOperations,
  entities: (connector) => connector.entities,
  create: (context) => new CustomConnector(context),
});

/** The API's host, and those of the token and revocation endpoints. People sign in by themselves, so that page needs none. */
function listHosts({ baseUrl, authentication: { oauth2 } }: CustomConfiguration): string[] {
  const addresses = [baseUrl, oauth2?.tokenEndpoint, oauth2?.revocationEndpoint];
  const hosts = addresses.flatMap((address) => (address === undefined ? [] : [new URL(address).hostname]));
  return [...new Set(hosts)];
}

/** Trust for every host; the client certificate for the API's alone. */
function openTls(
  { baseUrl, trustedAuthorities }: CustomConfiguration,
  credentials: unknown,
  { files, clock }: TransportParts,
): TlsSource | undefined {
  const given = clientCertificateCredentialsSchema.safeParse(credentials, { reportInput: false });
  return createClientTls({
    identity: given.success ? new ClientIdentitySource(given.data, files, clock) : undefined,
    shownTo: new URL(baseUrl).origin,
    authorities: trustedAuthorities,
    files,
  });
}
