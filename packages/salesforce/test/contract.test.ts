import { describeConnector } from "@isthmus/testkit";
import { salesforce } from "../src/index.js";
import { sandboxHarness } from "./sandbox-harness.js";

describeConnector(salesforce, sandboxHarness);
