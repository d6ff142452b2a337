import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { CallOptions, QuickbooksConnector } from "../quickbooks-connector.js";
import { flattenReport, type Report, type ReportName, reportParameters, reportSchema } from "../reports.js";

const flatSchema = z.strictObject({
  rows: z.array(
    z.strictObject({
      path: z.array(z.string()).describe("Titles of the sections around it."),
      kind: z.enum(["data", "header", "summary"]),
      values: z.record(z.string(), z.string()).describe("Values by the title of their column."),
      id: z.string().optional().describe("Id of what the line is about."),
    }),
  ),
});

function defineReport<Parameters extends object>(
  name: ReportName,
  summary: string,
  parameters: z.ZodType<Parameters>,
  run: (connector: QuickbooksConnector, parameters: Parameters, options: CallOptions) => Promise<Report>,
) {
  return defineOperation({
    name: `reports.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    summary,
    kind: "read",
    idempotent: true,
    input: z.strictObject({
      parameters,
      flat: z.boolean().default(false).meta({ description: "true: a table of rows instead of rows within rows." }),
    }),
    output: z.union([flatSchema, reportSchema]),
    run: async (connector: QuickbooksConnector, input, { signal }) => {
      const report = await run(connector, input.parameters, { signal });
      return input.flat ? { rows: [...flattenReport(report)] } : report;
    },
  });
}

/** One operation for each report. */
export const reportOperations = [
  defineReport(
    "ProfitAndLoss",
    "Profit and loss of a period.",
    reportParameters.ProfitAndLoss,
    (connector, parameters, options) => connector.report("ProfitAndLoss", parameters, options),
  ),
  defineReport(
    "BalanceSheet",
    "Balance sheet at the end of a period.",
    reportParameters.BalanceSheet,
    (connector, parameters, options) => connector.report("BalanceSheet", parameters, options),
  ),
  defineReport("CashFlow", "Cash flow of a period.", reportParameters.CashFlow, (connector, parameters, options) =>
    connector.report("CashFlow", parameters, options),
  ),
  defineReport(
    "AgedReceivables",
    "What customers owe, by age.",
    reportParameters.AgedReceivables,
    (connector, parameters, options) => connector.report("AgedReceivables", parameters, options),
  ),
  defineReport(
    "AgedPayables",
    "What is owed to vendors, by age.",
    reportParameters.AgedPayables,
    (connector, parameters, options) => connector.report("AgedPayables", parameters, options),
  ),
  defineReport(
    "GeneralLedger",
    "Every posting of a period, by account.",
    reportParameters.GeneralLedger,
    (connector, parameters, options) => connector.report("GeneralLedger", parameters, options),
  ),
  defineReport(
    "TrialBalance",
    "Debits and credits of every account.",
    reportParameters.TrialBalance,
    (connector, parameters, options) => connector.report("TrialBalance", parameters, options),
  ),
];
