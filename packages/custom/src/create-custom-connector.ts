import { type AuthenticationMethod, type ConnectorEnvironment, createConnector } from "@isthmus/core";
import type { CustomConnector } from "./custom-connector.js";
import { custom } from "./definition.js";
import type { CustomConfigurationInput } from "./options/configuration.js";
import type { CustomCredentials } from "./options/credentials.js";

/** How the connector proves who it is. */
export type CustomAuthenticationMethod = Extract<
  AuthenticationMethod,
  | "oauth2_authorization_code"
  | "oauth2_client_credentials"
  | "oauth2_jwt_bearer"
  | "oauth2_saml_bearer"
  | "basic"
  | "client_certificate"
  | "api_key"
  | "none"
>;

/** What a custom connector is made of. */
export interface CustomOptions extends ConnectorEnvironment {
  /** Default `none`. */
  readonly authenticationMethod?: CustomAuthenticationMethod;
  /** As the method wants them. Default `{}`. */
  readonly credentials?: CustomCredentials;
  /** What the API is and can do. Holds no secret. */
  readonly configuration: CustomConfigurationInput;
}

/**
 * Makes a connector to one API. Checks the options and does no I/O.
 *
 * @throws {ValidationError} naming each option that does not fit.
 */
export function createCustomConnector(options: CustomOptions): CustomConnector {
  const { authenticationMethod = "none", credentials = {}, configuration, ...environment } = options;
  return createConnector(custom, { authenticationMethod, credentials, configuration }, environment);
}
