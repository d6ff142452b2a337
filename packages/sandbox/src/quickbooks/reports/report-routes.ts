import type { FastifyInstance } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { companyOf, envelopeTime } from "../company-request.js";
import type { JsonObject } from "../data/records.js";
import { unsupportedObject } from "../errors.js";
import { toBasis } from "../ledger/cash-basis.js";
import { postLedger } from "../ledger/postings.js";
import type { QuickbooksState } from "../state.js";
import { agedPayables, agedReceivables } from "./aged-balances.js";
import { balanceSheet } from "./balance-sheet.js";
import type { ReportSource } from "./balances.js";
import { cashFlow } from "./cash-flow.js";
import { generalLedger } from "./general-ledger.js";
import { profitAndLoss } from "./profit-and-loss.js";
import { type ReportParameters, readParameters } from "./report-parameters.js";
import type { ReportBody } from "./report-shape.js";
import { trialBalance } from "./trial-balance.js";

const reports = new Map<string, (source: ReportSource) => ReportBody>([
  ["ProfitAndLoss", profitAndLoss],
  ["BalanceSheet", balanceSheet],
  ["TrialBalance", trialBalance],
  ["CashFlow", cashFlow],
  ["GeneralLedger", generalLedger],
  ["AgedReceivables", agedReceivables],
  ["AgedPayables", agedPayables],
]);

/** Adds `/reports/{name}`: figures computed from the company's transactions when they are asked for. */
export function addReportRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.get<{ Params: { name: string }; Querystring: Record<string, unknown> }>(
    "/reports/:name",
    async (request, reply) => {
      const { name } = request.params;
      const compute = reports.get(name);
      if (compute === undefined) throw unsupportedObject(name);
      const parameters = readParameters(request.query, state.clock());
      const { records } = companyOf(request);
      const accrual = postLedger(records);
      const body = compute({ records, accrual, entries: toBasis(accrual, parameters.basis, records), parameters });
      return sendJson(reply, 200, {
        Header: headerOf(name, parameters, body, envelopeTime(state)),
        Columns: { Column: body.columns },
        Rows: { Row: body.rows },
      });
    },
  );
}

function headerOf(name: string, parameters: ReportParameters, body: ReportBody, Time: string): JsonObject {
  const isAgeing = name.startsWith("Aged");
  // Nothing but the line of totals is no data.
  const isEmpty = body.rows.every((row) => row.type === "Section" && row.Rows === undefined);
  return {
    Time,
    ReportName: name,
    ...(isAgeing ? {} : { ReportBasis: parameters.basis, StartPeriod: parameters.start }),
    EndPeriod: isAgeing ? parameters.reportDate : parameters.end,
    ...(isAgeing ? {} : { SummarizeColumnsBy: "Total" }),
    Currency: "USD",
    Option: [
      ...(body.options ?? []),
      { Name: "AccountingStandard", Value: "GAAP" },
      { Name: "NoReportData", Value: String(isEmpty) },
    ],
  };
}
