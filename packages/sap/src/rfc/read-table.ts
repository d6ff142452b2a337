import { ConnectorError, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { CallResult } from "./module-caller.js";
import type { RfcParameters } from "./rfc-types.js";

/** Which rows of a table are read. */
export interface TableQuery {
  /** Columns. Their widths together may be 512 characters at most. */
  readonly fields: readonly string[];
  /** Lines of an ABAP condition, at most 72 characters each; the system joins them. Default: all rows. */
  readonly where?: readonly string[];
  /** Rows at most. Default: all. */
  readonly top?: number;
  /** Rows that are left out before. Default 0. */
  readonly skip?: number;
}

/** A row: values by column, in the system's own form, without the blanks at their ends. */
export type TableRow = Readonly<Record<string, string>>;

const answerSchema = z.looseObject({
  FIELDS: z.array(z.looseObject({ FIELDNAME: z.string(), OFFSET: z.coerce.number(), LENGTH: z.coerce.number() })),
  DATA: z.array(z.looseObject({ WA: z.string() })),
});

const columnPattern = /^[A-Z0-9_/]{1,30}$/;
const lineLength = 72;

/**
 * Reads rows of a table by `RFC_READ_TABLE`. SAP has not released that module for customers (note 382318), and it needs an
 * authorization for each table (S_TABU_NAM): for a few columns of a few rows there is no other way without a module of one's own.
 *
 * @param call - Calls a module that only reads.
 * @throws {ValidationError} for names and lines that cannot be sent.
 * @throws {VendorError} `TABLE_NOT_AVAILABLE`, `NOT_AUTHORIZED`, `DATA_BUFFER_EXCEEDED` when the columns are too wide together.
 */
export async function readTable(
  call: (name: string, parameters: RfcParameters) => Promise<CallResult>,
  table: string,
  query: TableQuery,
): Promise<readonly TableRow[]> {
  const { fields, where = [], top = 0, skip = 0 } = query;
  assertNames(table, fields, where);
  const { values } = await call("RFC_READ_TABLE", {
    QUERY_TABLE: table,
    ROWCOUNT: top,
    ROWSKIPS: skip,
    FIELDS: fields.map((FIELDNAME) => ({ FIELDNAME })),
    OPTIONS: where.map((TEXT) => ({ TEXT })),
    DATA: [],
  });
  const answer = answerSchema.safeParse(values, { reportInput: false });
  if (!answer.success)
    throw new ConnectorError("UNEXPECTED_RESPONSE", "RFC_READ_TABLE answered without FIELDS or DATA.");
  const { FIELDS, DATA } = answer.data;
  // By place and not by a delimiter, which a value may hold too. XML drops no blanks, but SAP does at the end of a row.
  return DATA.map(({ WA }) =>
    Object.fromEntries(
      FIELDS.map(({ FIELDNAME, OFFSET, LENGTH }) => [FIELDNAME, WA.slice(OFFSET, OFFSET + LENGTH).trimEnd()]),
    ),
  );
}

function assertNames(table: string, fields: readonly string[], where: readonly string[]): void {
  const issues = [
    ...(columnPattern.test(table) ? [] : [{ path: "table", message: "Must be the name of a table, in capitals." }]),
    ...(fields.length > 0
      ? []
      : [{ path: "fields", message: "Name the columns: all together are wider than a row may be." }]),
    ...fields.flatMap((field, at) =>
      columnPattern.test(field)
        ? []
        : [{ path: `fields.${at}`, message: "Must be the name of a column, in capitals." }],
    ),
    ...where.flatMap((line, at) =>
      line.length <= lineLength
        ? []
        : [{ path: `where.${at}`, message: `Must have ${lineLength} characters at most.` }],
    ),
  ];
  if (issues.length > 0) throw new ValidationError("The table cannot be read like this.", issues);
}
