export { createSapConnector, type SapAuthenticationMethod, type SapOptions } from "./create-sap-connector.js";
export { sap } from "./definition.js";
export type { SapHttp, SapRequest } from "./http/sap-http.js";
export type { SapConfiguration, SapConfigurationInput } from "./options/configuration.js";
export type { SapCredentials } from "./options/credentials.js";
export type { CallOptions, SapConnector } from "./sap-connector.js";
