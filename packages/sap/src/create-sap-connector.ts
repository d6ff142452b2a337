import { type AuthenticationMethod, type ConnectorEnvironment, createConnector } from "@isthmus/core";
import { sap } from "./definition.js";
import type { SapConfigurationInput } from "./options/configuration.js";
import type { SapCredentials } from "./options/credentials.js";
import type { SapConnector } from "./sap-connector.js";

/** How the connector logs on. */
export type SapAuthenticationMethod = Extract<
  AuthenticationMethod,
  "client_certificate" | "basic" | "oauth2_client_credentials" | "oauth2_saml_bearer"
>;

/** What a connector to SAP is made of. */
export interface SapOptions extends ConnectorEnvironment {
  readonly authenticationMethod: SapAuthenticationMethod;
  /** As the method wants them. */
  readonly credentials: SapCredentials;
  /** The system and what of it is used. Holds no secret. */
  readonly configuration: SapConfigurationInput;
}

/**
 * Makes a connector to one client of one SAP system. Checks the options and does no I/O.
 *
 * @throws {ValidationError} naming each option that does not fit.
 */
export function createSapConnector(options: SapOptions): SapConnector {
  const { authenticationMethod, credentials, configuration, ...environment } = options;
  return createConnector(sap, { authenticationMethod, credentials, configuration }, environment);
}
