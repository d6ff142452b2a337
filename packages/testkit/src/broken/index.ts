import { brokenBulk } from "./broken-bulk.js";
import { brokenConduct } from "./broken-conduct.js";
import type { BrokenConnector } from "./broken-connector.js";
import { brokenDefinitions } from "./broken-definitions.js";
import { brokenFlows } from "./broken-flows.js";
import { brokenResilience } from "./broken-resilience.js";
import { brokenTokens } from "./broken-tokens.js";
import { brokenWriters } from "./broken-writers.js";

/** Connectors with one mistake each, at least one for each clause: the proof that the suite catches what it is for. */
export const brokenConnectors: readonly BrokenConnector[] = [
  ...brokenDefinitions,
  ...brokenFlows,
  ...brokenTokens,
  ...brokenResilience,
  ...brokenConduct,
  ...brokenBulk,
  ...brokenWriters,
];
