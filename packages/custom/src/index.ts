export {
  type CustomAuthenticationMethod,
  type CustomOptions,
  createCustomConnector,
} from "./create-custom-connector.js";
export type { CallOptions, CustomConnector } from "./custom-connector.js";
export { custom } from "./definition.js";
export type { CustomConfiguration, CustomConfigurationInput } from "./options/configuration.js";
export type { CustomCredentials } from "./options/credentials.js";
