import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import { describeSchema, limitsSchema } from "../metadata.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { sobjectSchema } from "./inputs.js";

/** `describe` */
export const describeObject = defineOperation({
  name: "describe",
  summary: "Describes an object: its fields, relationships, and what the connected user may do with it.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({ sobject: sobjectSchema }),
  output: describeSchema,
  run: (connector: SalesforceConnector, { sobject }, { signal }) => connector.describe(sobject, { signal }),
});

/** `limits` */
export const readLimits = defineOperation({
  name: "limits",
  summary: "Tells the organisation's limits, such as DailyApiRequests, and what is left of each.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({}),
  output: limitsSchema,
  run: (connector: SalesforceConnector, _input, { signal }) => connector.limits({ signal }),
});
