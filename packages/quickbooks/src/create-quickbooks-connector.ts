import { createConnector, splitEnvironment } from "@isthmus/core";
import { quickbooks } from "./definition.js";
import type { QuickbooksOptions } from "./options.js";
import type { QuickbooksConnector } from "./quickbooks-connector.js";

/**
 * Makes a connector to one company of QuickBooks Online. Checks the options and does no I/O.
 *
 * Without a `refreshToken` and with an empty `tokenStore`, a person has to sign in first: `getAuthUrl`, then
 * `handleCallback`.
 *
 * @throws {ValidationError} naming each option that does not fit.
 */
export function createQuickbooksConnector(options: QuickbooksOptions): QuickbooksConnector {
  const { environment, settings } = splitEnvironment(options);
  const { clientId, clientSecret, realmId, refreshToken, webhookVerifierToken, ...configuration } = settings;
  const credentials = { clientId, clientSecret, realmId, refreshToken, webhookVerifierToken };
  const authenticationMethod = "oauth2_authorization_code";
  return createConnector(quickbooks, { authenticationMethod, credentials, configuration }, environment);
}
