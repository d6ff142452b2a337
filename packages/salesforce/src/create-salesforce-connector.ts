import { createConnector, splitEnvironment } from "@isthmus/core";
import { salesforce } from "./definition.js";
import type { SalesforceOptions } from "./options.js";
import type { SalesforceConnector } from "./salesforce-connector.js";

/**
 * Makes a connector to one Salesforce organisation. Checks the options and does no I/O.
 *
 * Without a `refreshToken` and with an empty `tokenStore`, a person has to sign in first: `getAuthUrl`, then
 * `handleCallback`.
 *
 * @throws {ValidationError} naming each option that does not fit.
 */
export function createSalesforceConnector(options: SalesforceOptions): SalesforceConnector {
  const { environment, settings } = splitEnvironment(options);
  const { clientId, clientSecret, refreshToken, ...configuration } = settings;
  const credentials = { clientId, clientSecret, refreshToken };
  const authenticationMethod = "oauth2_authorization_code";
  return createConnector(salesforce, { authenticationMethod, credentials, configuration }, environment);
}
