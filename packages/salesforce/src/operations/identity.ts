import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import { identitySchema } from "../identity.js";
import type { SalesforceConnector } from "../salesforce-connector.js";

/** `identity` */
export const readIdentity = defineOperation({
  name: "identity",
  summary: "Tells which user of which organisation is connected.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({}),
  output: identitySchema,
  run: (connector: SalesforceConnector, _input, { signal }) => connector.identity({ signal }),
});
