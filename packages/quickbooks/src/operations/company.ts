import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { recordSchema } from "./inputs.js";

/** `company` */
export const readCompany = defineOperation({
  name: "company",
  summary: "The connected company, as it tells of itself.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({}),
  output: recordSchema,
  run: (connector: QuickbooksConnector, _input, { signal }) => connector.companyInfo({ signal }),
});
