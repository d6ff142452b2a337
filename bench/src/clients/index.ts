import { quickbooks } from "./quickbooks.js";
import { salesforce } from "./salesforce.js";
import type { Vendor } from "./vendor.js";

/** By the name of their recordings' folder. */
export const vendors: Readonly<Record<string, Vendor>> = { salesforce, quickbooks };
