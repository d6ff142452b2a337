import { quickbooks } from "./quickbooks.js";
import { salesforce } from "./salesforce.js";
import { sapV2, sapV4 } from "./sap.js";
import type { Vendor } from "./vendor.js";

/** By the name of their recordings' folder. */
export const vendors: Readonly<Record<string, Vendor>> = { salesforce, quickbooks, "sap-v2": sapV2, "sap-v4": sapV4 };
