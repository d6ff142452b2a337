import { ValidationError } from "@isthmus/core";
import type { RecordInput } from "../records.js";
import { csvLimits } from "./csv-format.js";
import { emptied, isRelationship, toCsvValue } from "./csv-value.js";

// A field, a path of relationships that ends in one, and before it the object of a relationship that may lead to several.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_csv_rel_field_header_row.htm
const name = "[A-Za-z][A-Za-z0-9_]{0,254}";
const columnPattern = new RegExp(`^(?:${name}:)?${name}(?:\\.${name}){0,5}$`);

/**
 * Writes records as Salesforce's CSV. The columns are those that are given, or the fields of the first record; a later
 * record may lack some, which leaves those fields as they are at Salesforce, and may not bring others.
 *
 * A related record stands for its external id: `{ Account: { ExtId__c: "x" } }` becomes the column `Account.ExtId__c`. What
 * a query adds to a record, `attributes`, is left out.
 */
export class CsvWriter {
  #columns: readonly string[] | undefined;
  #header = "";
  /** Of the row that is written. The same for all: garbage of each row is what V8's young generation grows by. */
  #cells: string[] = [];
  readonly #positions = new Map<string, number>();
  #rows = 0;

  /** @throws {ValidationError} when a column is no field, or stands there twice. */
  constructor(columns?: readonly string[]) {
    if (columns) this.#begin(columns);
  }

  /** The first row. Known once a record is. ASCII, so it has as many bytes as characters. */
  get header(): string {
    return this.#header;
  }

  /**
   * One record as a row.
   *
   * @throws {ValidationError} naming row and field, when a field is unknown or its value cannot be written.
   */
  write(record: RecordInput): string {
    const columns = this.#columns ?? this.#begin(columnsOf(record));
    const cells = this.#cells.fill("");
    this.#rows += 1;
    this.#fill(cells, record, "");
    // At the last field and not at the row, which V8 would copy once more when it is read.
    cells[columns.length - 1] += "\n";
    const row = cells.join(",");
    if (row.length > csvLimits.ingestRowChars) {
      throw this.refused("", `must not be longer than ${csvLimits.ingestRowChars} characters`);
    }
    // A line without anything would be no row where there is one column.
    return row === "\n" ? '""\n' : row;
  }

  #begin(columns: readonly string[]): readonly string[] {
    columns.forEach((column, position) => {
      if (!columnPattern.test(column)) throw this.refused(column, "must be the API name of a field");
      if (this.#positions.has(column)) throw this.refused(column, "must not be named twice");
      this.#positions.set(column, position);
    });
    const count = columns.length;
    if (count === 0 || count > csvLimits.fields) throw this.refused("", `must have 1 to ${csvLimits.fields} fields`);
    this.#columns = columns;
    this.#cells = columns.map(() => "");
    this.#header = `${columns.join(",")}\n`;
    return columns;
  }

  #fill(cells: string[], record: RecordInput, prefix: string): void {
    for (const key of Object.keys(record)) {
      const value = record[key];
      if (value === undefined || key === "attributes") continue;
      const path = prefix + key;
      const position = this.#positions.get(path);
      if (position !== undefined) cells[position] = this.#value(path, value);
      else if (isRelationship(value)) this.#fill(cells, value, `${path}.`);
      else if (value !== null || !this.#emptyRelated(cells, `${path}.`)) {
        throw this.refused(path, "must be one of the columns: those given, or the fields of the first row");
      }
    }
  }

  #value(path: string, value: unknown): string {
    let problem = "must be a value, as it is in the first row";
    try {
      const text = toCsvValue(value);
      if (text !== undefined) return text;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problem = error.message;
    }
    throw this.refused(path, problem);
  }

  /** `{ Account: null }` ends the relationship: the field that stands for the related record is emptied. */
  #emptyRelated(cells: string[], prefix: string): boolean {
    const related = [...this.#positions].filter(([column]) => column.startsWith(prefix));
    for (const [, position] of related) cells[position] = emptied;
    return related.length > 0;
  }

  /** What is wrong with the row that is written, or was written last. */
  refused(field: string, message: string): ValidationError {
    const index = Math.max(0, this.#rows - 1);
    const path = `rows.${index}${field && `.${field}`}`;
    return new ValidationError(`The row at ${index} (counted from 0) cannot be written as CSV.`, [{ path, message }]);
  }
}

function columnsOf(record: RecordInput, prefix = ""): string[] {
  return Object.keys(record).flatMap((key) => {
    const value = record[key];
    if (value === undefined || key === "attributes") return [];
    return isRelationship(value) ? columnsOf(value, `${prefix}${key}.`) : [prefix + key];
  });
}
