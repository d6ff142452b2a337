export { ConnectorFactory } from "./connector-factory.js";
export { type ConnectorEnvironment, type ConnectorSettings, createConnector } from "./create-connector.js";
