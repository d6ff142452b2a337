import {
  basicHarness,
  clientCredentialsHarness,
  describeConnector,
  referenceDefinition,
  referenceHarness,
} from "../src/index.js";

describeConnector(referenceDefinition, referenceHarness);
describeConnector(referenceDefinition, clientCredentialsHarness);
describeConnector(referenceDefinition, basicHarness);
