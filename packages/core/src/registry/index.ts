export { ConnectorFactory } from "./connector-factory.js";
export { type ConnectorEnvironment, type ConnectorSettings, createConnector } from "./create-connector.js";
export { splitEnvironment } from "./split-environment.js";
