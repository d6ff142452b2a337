import { describe, expect, it } from "vitest";
import { flattenReport } from "../src/index.js";
import { useStubs } from "./stub-intuit.js";

const start = useStubs();

const cells = (...values: readonly string[]) => ({ ColData: values.map((value) => ({ value })) });
/** The shape that Intuit's documentation shows for ProfitAndLoss, shortened. */
const profitAndLoss = {
  Header: { Time: "2026-01-31T10:00:00-08:00", ReportName: "ProfitAndLoss", ReportBasis: "Accrual", Currency: "USD" },
  Columns: {
    Column: [
      { ColTitle: "", ColType: "Account" },
      { ColTitle: "Jan 2026", ColType: "Money" },
      { ColTitle: "Total", ColType: "Money" },
    ],
  },
  Rows: {
    Row: [
      {
        Header: cells("Income", "", ""),
        Rows: {
          Row: [
            {
              ColData: [{ value: "Design income", id: "82" }, { value: "2250.00" }, { value: "2250.00" }],
              type: "Data",
            },
            {
              Header: {
                ColData: [{ value: "Landscaping Services", id: "45" }, { value: "10.10" }, { value: "10.10" }],
              },
              Rows: {
                Row: [{ ColData: [{ value: "Labor", id: "46" }, { value: "0.05" }, { value: "0.05" }], type: "Data" }],
              },
              Summary: cells("Total Landscaping Services", "10.15", "10.15"),
              type: "Section",
            },
          ],
        },
        Summary: cells("Total Income", "2260.15", "2260.15"),
        type: "Section",
        group: "Income",
      },
      { Summary: cells("Net Income", "2260.15", "2260.15"), type: "Section", group: "NetIncome" },
    ],
  },
};

describe("a report", () => {
  it("is asked for with its parameters, lists separated by commas", async () => {
    const stub = await start({ body: profitAndLoss });
    const parameters = {
      start_date: "2026-01-01",
      end_date: "2026-01-31",
      accounting_method: "Accrual",
      customer: ["1", "2"],
    } as const;
    expect(await stub.connector.report("ProfitAndLoss", { ...parameters, customer: ["1", "2"] })).toEqual(
      profitAndLoss,
    );
    const [{ path, query }] = stub.requests as [(typeof stub.requests)[number]];
    expect(path).toBe("/v3/company/4620816365/reports/ProfitAndLoss");
    expect(Object.fromEntries(query)).toEqual({
      start_date: "2026-01-01",
      end_date: "2026-01-31",
      accounting_method: "Accrual",
      customer: "1,2",
      minorversion: "75",
    });
  });

  it("refuses a parameter that it does not have, before anything is sent", async () => {
    const stub = await start({ body: profitAndLoss });
    const report = stub.connector.report("TrialBalance", { ...{ start_date: "31.1.2026" } });
    await expect(report).rejects.toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "start_date" }] });
    expect(stub.requests).toHaveLength(0);
  });

  it("without data is a report too", async () => {
    const empty = { Header: { ReportName: "AgedPayables" }, Columns: {}, Rows: {} };
    const stub = await start({ body: empty });
    expect(flattenReport(await stub.connector.report("AgedPayables", {}))).toEqual([]);
  });

  it("that is none is not taken for one", async () => {
    const stub = await start({ body: { QueryResponse: {} } });
    await expect(stub.connector.report("CashFlow", {})).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

describe("a flattened report", () => {
  it("has every line in its order, below the titles around it, amounts as they are", async () => {
    const stub = await start({ body: profitAndLoss });
    const rows = flattenReport(await stub.connector.report("ProfitAndLoss", {}));
    expect(rows.map(({ path, kind, id, values }) => [path.join(" / "), kind, id, values[""], values.Total])).toEqual([
      ["Income", "data", "82", "Design income", "2250.00"],
      // A parent account may have postings of its own, which stand in its section's header.
      ["Income / Landscaping Services", "header", "45", "Landscaping Services", "10.10"],
      ["Income / Landscaping Services", "data", "46", "Labor", "0.05"],
      ["Income / Landscaping Services", "summary", undefined, "Total Landscaping Services", "10.15"],
      ["Income", "summary", undefined, "Total Income", "2260.15"],
      ["NetIncome", "summary", undefined, "Net Income", "2260.15"],
    ]);
  });
});
