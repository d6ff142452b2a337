export { type Configuration, readConfiguration } from "./configuration.js";
export type { AwsKmsKeySettings, KeySettings, TransitKeySettings } from "./key-settings.js";
export { ConfigurationError, type ConfigurationProblem } from "./problems.js";
