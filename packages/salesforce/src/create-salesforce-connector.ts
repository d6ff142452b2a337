import { createConnector } from "@isthmus/core";
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
  const { clientId, clientSecret, refreshToken, ...others } = options;
  const {
    tokenStore,
    connection,
    allowedPrivateHosts,
    transport,
    observer,
    clock,
    random,
    logger,
    events,
    signal,
    ...configuration
  } = others;
  return createConnector(
    salesforce,
    {
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId, clientSecret, refreshToken },
      configuration,
    },
    {
      ...(tokenStore && { tokenStore }),
      ...(connection && { connection }),
      ...(allowedPrivateHosts && { allowedPrivateHosts }),
      ...(transport && { transport }),
      ...(observer && { observer }),
      ...(clock && { clock }),
      ...(random && { random }),
      ...(logger && { logger }),
      ...(events && { events }),
      ...(signal && { signal }),
    },
  );
}
