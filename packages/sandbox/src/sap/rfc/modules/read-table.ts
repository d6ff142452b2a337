import type { AbapRow } from "../../business-data.js";
import { type AbapType, char, initialValue, int, numc, typeLetter } from "../abap-types.js";
import { databaseTables } from "../database-tables.js";
import type { AbapStructure, FunctionCall, FunctionModule } from "../function-module.js";
import { AbapException } from "../rfc-errors.js";
import type { DatabaseField, DatabaseTable } from "../rfc-system.js";
import { parseWhere, type RowTest, WhereClauseError } from "../where-clause.js";
import { visibleOrders } from "./list-sales-orders.js";

const options: AbapStructure = { name: "RFC_DB_OPT", fields: [["TEXT", char(72)]] };

const fieldRows: AbapStructure = {
  name: "RFC_DB_FLD",
  fields: [
    ["FIELDNAME", char(30)],
    ["OFFSET", numc(6)],
    ["LENGTH", numc(6)],
    ["TYPE", char(1)],
    ["FIELDTEXT", char(60)],
  ],
};

const data: AbapStructure = { name: "TAB512", fields: [["WA", char(512)]] };

/** Reads a table of the database: rows as text of fixed widths, at most 512 characters each. */
export const rfcReadTable: FunctionModule = {
  name: "RFC_READ_TABLE",
  parameters: [
    { name: "QUERY_TABLE", direction: "importing", type: char(30), optional: false },
    { name: "DELIMITER", direction: "importing", type: char(1) },
    { name: "NO_DATA", direction: "importing", type: char(1) },
    { name: "ROWSKIPS", direction: "importing", type: int() },
    { name: "ROWCOUNT", direction: "importing", type: int() },
    { name: "OPTIONS", direction: "tables", type: options, optional: false },
    { name: "FIELDS", direction: "tables", type: fieldRows, optional: false },
    { name: "DATA", direction: "tables", type: data, optional: false },
  ],
  exceptions: [
    "TABLE_NOT_AVAILABLE",
    "TABLE_WITHOUT_DATA",
    "OPTION_NOT_VALID",
    "FIELD_NOT_VALID",
    "NOT_AUTHORIZED",
    "DATA_BUFFER_EXCEEDED",
  ],
  run: (call) => {
    const table = findTable(call);
    const columns = wantedColumns(call, table);
    const delimiter = call.value("DELIMITER");
    const layout = layOut(columns, delimiter);
    const wanted = whereOf(call, table);
    if (call.value("NO_DATA") === "") {
      const inClient = (row: AbapRow): AbapRow => ({ ...row, MANDT: call.parts.client });
      const rows = [...table.rows()].map(inClient).filter(wanted);
      const skipped = Math.max(0, Number(call.value("ROWSKIPS")));
      const count = Number(call.value("ROWCOUNT"));
      const part = rows.slice(skipped, count > 0 ? skipped + count : undefined);
      call.setRows(
        "DATA",
        part.map((row) => ({ WA: columns.map((column) => toCell(column.type, row[column.name])).join(delimiter) })),
      );
    }
    call.setRows("FIELDS", layout);
  },
};

function findTable(call: FunctionCall): DatabaseTable {
  const name = call.value("QUERY_TABLE").toUpperCase();
  if (call.parts.settings.unauthorizedTables.split(",").some((one) => one.trim().toUpperCase() === name)) {
    throw new AbapException("NOT_AUTHORIZED", `No authorization to display table ${name}`, { id: "TB", number: "137" });
  }
  const table = databaseTables(call.parts, visibleOrders(call)).get(name);
  if (table === undefined) {
    const text = `Table ${name} is not active in the Dictionary`;
    throw new AbapException("TABLE_NOT_AVAILABLE", text, { id: "DA", number: "131" });
  }
  return table;
}

function wantedColumns(call: FunctionCall, table: DatabaseTable): readonly DatabaseField[] {
  const names = call.rows("FIELDS").map(({ FIELDNAME = "" }) => FIELDNAME.toUpperCase());
  if (names.length === 0) return table.fields;
  return names.map((name) => {
    const field = table.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new AbapException("FIELD_NOT_VALID");
    return field;
  });
}

function layOut(columns: readonly DatabaseField[], delimiter: string): AbapRow[] {
  let offset = 0;
  const rows = columns.map(({ name, type, text }) => {
    const length = widthOf(type);
    const at = offset;
    offset += length + delimiter.length;
    const digits = (value: number): string => String(value).padStart(6, "0");
    return { FIELDNAME: name, OFFSET: digits(at), LENGTH: digits(length), TYPE: typeLetter(type), FIELDTEXT: text };
  });
  if (offset - delimiter.length > 512) throw new AbapException("DATA_BUFFER_EXCEEDED");
  return rows;
}

function whereOf(call: FunctionCall, table: DatabaseTable): RowTest {
  const text = call.rows("OPTIONS").map(({ TEXT }) => TEXT ?? "");
  try {
    return parseWhere(text.join("\n"), new Set(table.fields.map(({ name }) => name)));
  } catch (error) {
    if (error instanceof WhereClauseError) throw new AbapException("OPTION_NOT_VALID");
    throw error;
  }
}

/** The places of a value: a packed number has a sign and a point beside its digits. */
function widthOf(type: AbapType): number {
  switch (type.kind) {
    case "char":
    case "numc":
      return type.length;
    case "decimal":
      return type.digits + 1 + (type.decimals > 0 ? 1 : 0);
    case "dats":
      return 8;
    case "tims":
      return 6;
    case "int":
      return 11;
    default:
      throw new AbapException("FIELD_NOT_VALID");
  }
}

function toCell(type: AbapType, value: string | undefined): string {
  const text = value ?? initialValue(type);
  const width = widthOf(type);
  if (type.kind === "int") return text.padStart(width);
  // ABAP writes the sign of a packed number behind it.
  if (type.kind === "decimal") return (text.startsWith("-") ? `${text.slice(1)}-` : `${text} `).padStart(width);
  return text.slice(0, width).padEnd(width);
}
