import { describeConnector } from "@isthmus/testkit";
import { sap } from "../src/index.js";
import { basicHarness, clientCredentialsHarness } from "./sandbox-harness.js";

describeConnector(sap, basicHarness);
describeConnector(sap, clientCredentialsHarness);
