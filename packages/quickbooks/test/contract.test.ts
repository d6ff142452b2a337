import { describeConnector } from "@isthmus/testkit";
import { quickbooks } from "../src/index.js";
import { sandboxHarness } from "./sandbox-harness.js";

describeConnector(quickbooks, sandboxHarness);
