import { ConnectorError, validate } from "@isthmus/core";
import { z } from "zod";
import type { Api } from "./api.js";

/** A date as Intuit writes it: `2026-01-31`. */
const dateSchema = z.iso.date();
const ids = z.array(z.string().regex(/^\d{1,20}$/, "must be an Id")).min(1);

const period = {
  start_date: dateSchema.optional().meta({ description: "First day. Default: the first of the fiscal year." }),
  end_date: dateSchema.optional().meta({ description: "Last day. Default: today." }),
  date_macro: z
    .string()
    .regex(/^[A-Za-z -]{1,40}$/)
    .optional()
    .meta({
      description: "A period by its name, instead of two days.",
      examples: ["This Fiscal Year-to-date", "Last Month"],
    }),
};
const basis = {
  accounting_method: z.enum(["Cash", "Accrual"]).optional().meta({ description: "Default: the company's." }),
};
const summary = {
  summarize_column_by: z
    .enum([
      "Total",
      "Month",
      "Week",
      "Days",
      "Quarter",
      "Year",
      "Customers",
      "Vendors",
      "Classes",
      "Departments",
      "Employees",
      "ProductsAndServices",
    ])
    .optional(),
};
const customers = { customer: ids.optional() };
const vendors = { vendor: ids.optional() };
const parts = { class: ids.optional(), department: ids.optional() };
const ageing = {
  report_date: dateSchema.optional().meta({ description: "The day to age to. Default today." }),
  aging_method: z.enum(["Report_Date", "Current"]).optional(),
  aging_period: z.int().min(1).max(365).optional().meta({ description: "Days of a column. Default 30." }),
  num_periods: z.int().min(1).max(12).optional().meta({ description: "Columns. Default 4." }),
};

/**
 * The reports and what each may be asked for.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/profitandloss
 */
export const reportParameters = {
  ProfitAndLoss: z.strictObject({ ...period, ...basis, ...summary, ...customers, ...vendors, ...parts }),
  BalanceSheet: z.strictObject({ ...period, ...basis, ...summary, ...customers, ...vendors, ...parts }),
  CashFlow: z.strictObject({ ...period, ...summary, ...customers, ...vendors, ...parts }),
  AgedReceivables: z.strictObject({ ...ageing, ...customers, ...parts }),
  AgedPayables: z.strictObject({ ...ageing, ...vendors, ...parts }),
  GeneralLedger: z.strictObject({ ...period, ...basis, ...customers, ...vendors, ...parts, account: ids.optional() }),
  TrialBalance: z.strictObject({ ...period, ...basis, ...summary }),
} as const;

/** Name of a report. */
export type ReportName = keyof typeof reportParameters;

/** What a report may be asked for. */
export type ReportParameters<Name extends ReportName> = z.input<(typeof reportParameters)[Name]>;

const columnSchema = z.looseObject({ ColTitle: z.string(), ColType: z.string() });
const cellSchema = z.looseObject({ value: z.string().optional(), id: z.string().optional() });

/** A row of a report: a section holds rows of its own. */
export interface ReportRow {
  readonly type?: string | undefined;
  readonly group?: string | undefined;
  readonly ColData?: readonly z.output<typeof cellSchema>[] | undefined;
  readonly Header?: { readonly ColData: readonly z.output<typeof cellSchema>[] } | undefined;
  readonly Rows?: { readonly Row?: readonly ReportRow[] | undefined } | undefined;
  readonly Summary?: { readonly ColData: readonly z.output<typeof cellSchema>[] } | undefined;
}

const cellsSchema = z.looseObject({ ColData: z.array(cellSchema) });
const rowSchema: z.ZodType<ReportRow> = z.looseObject({
  type: z.string().optional(),
  group: z.string().optional(),
  ColData: z.array(cellSchema).optional(),
  Header: cellsSchema.optional(),
  get Rows() {
    return z.looseObject({ Row: z.array(rowSchema).optional() }).optional();
  },
  Summary: cellsSchema.optional(),
});

/** A report as Intuit gives it. */
export const reportSchema = z.looseObject({
  Header: z.looseObject({ ReportName: z.string() }),
  Columns: z.looseObject({ Column: z.array(columnSchema).optional() }),
  Rows: z.looseObject({ Row: z.array(rowSchema).optional() }),
});

/** A report as Intuit gives it: columns, and rows within rows. */
export type Report = z.output<typeof reportSchema>;

/** One line of a report without its nesting. */
export interface FlatRow {
  /** Titles of the sections around it, outermost first. */
  readonly path: readonly string[];
  /**
   * `data`; or of the innermost section of `path` its `summary`, or its `header` where that has amounts: a parent account's own
   * postings stand there.
   */
  readonly kind: "data" | "header" | "summary";
  /** Values by the title of their column; the first column has `""` where Intuit gives it no title. Amounts are decimal strings. */
  readonly values: Readonly<Record<string, string>>;
  /** Id of the account, customer or transaction that the line is about. */
  readonly id?: string;
}

/** Runs a report. */
export async function runReport<Name extends ReportName>(
  api: Api,
  name: Name,
  parameters: ReportParameters<Name>,
  signal: AbortSignal | undefined,
): Promise<Report> {
  const schema: z.ZodType<object> = reportParameters[name];
  const proven = validate(schema, parameters, `parameters of ${name}`);
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries<unknown>({ ...proven }))
    if (value !== undefined) query[key] = String(value);
  const request = {
    name: `report ${name}`,
    method: "GET",
    path: `/reports/${name}`,
    query,
    ...(signal && { signal }),
  } as const;
  const result = reportSchema.safeParse(await api.read(request), { reportInput: false });
  if (result.success) return result.data;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `QuickBooks' answer is not the report ${name}.`);
}

/** The lines of a report in their order, without its nesting. Two columns of one title are told apart by a number. */
export function flattenReport(report: Report): readonly FlatRow[] {
  const titles = uniqueTitles(report.Columns.Column?.map(({ ColTitle }) => ColTitle) ?? []);
  return (report.Rows.Row ?? []).flatMap((row) => [...flattenRow(row, [], titles)]);
}

function* flattenRow(row: ReportRow, path: readonly string[], titles: readonly string[]): Generator<FlatRow> {
  const { ColData, Header, Rows, Summary } = row;
  const title = Header?.ColData[0]?.value ?? row.group ?? "";
  const isSection = Header !== undefined || Rows !== undefined || row.group !== undefined;
  const inside = isSection ? [...path, title] : path;
  if (ColData) yield toFlatRow(ColData, path, "data", titles);
  if (Header?.ColData.slice(1).some(({ value = "" }) => value !== ""))
    yield toFlatRow(Header.ColData, inside, "header", titles);
  for (const child of Rows?.Row ?? []) yield* flattenRow(child, inside, titles);
  if (Summary) yield toFlatRow(Summary.ColData, inside, "summary", titles);
}

function toFlatRow(
  cells: readonly z.output<typeof cellSchema>[],
  path: readonly string[],
  kind: FlatRow["kind"],
  titles: readonly string[],
): FlatRow {
  const id = cells[0]?.id;
  const values = Object.fromEntries(cells.map(({ value = "" }, index) => [titles[index] ?? `#${index + 1}`, value]));
  return { path, kind, values, ...(id !== undefined && id !== "" && { id }) };
}

function uniqueTitles(titles: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return titles.map((title) => {
    const times = (seen.get(title) ?? 0) + 1;
    seen.set(title, times);
    return times === 1 ? title : `${title} (${times})`;
  });
}
