import { describeConnector } from "@isthmus/testkit";
import { salesforce } from "../src/index.js";
import { authorizationCodeHarness, clientCredentialsHarness, jwtBearerHarness } from "./sandbox-harness.js";

for (const harness of [authorizationCodeHarness, clientCredentialsHarness, jwtBearerHarness]) {
  describeConnector(salesforce, harness);
}
