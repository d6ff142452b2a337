export { type Configuration, readConfiguration } from "./configuration.js";
export { ConfigurationError, type ConfigurationProblem } from "./problems.js";
