export { ConnectorFactory } from "./connector-factory.js";
export { type ConnectorEnvironment, type ConnectorSettings, createConnector, withBudgets } from "./create-connector.js";
export { splitEnvironment } from "./split-environment.js";
