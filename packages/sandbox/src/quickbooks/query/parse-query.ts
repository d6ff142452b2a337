import { queryParserError, queryValidationError } from "../errors.js";
import { readTokens, type Token } from "./tokens.js";

/** What a query compares with: a quoted text, a number, or true and false. */
export type Literal = string | number | boolean;

/** One condition; all of a query's conditions must hold. */
export interface Condition {
  field: string;
  operator: "=" | "<" | ">" | "<=" | ">=" | "LIKE" | "IN";
  /** More than one for `IN` only. */
  values: readonly Literal[];
}

/** A query that could be read. */
export interface ParsedQuery {
  /** Field names; empty for `*`. */
  columns: readonly string[];
  isCount: boolean;
  /** As written. */
  entity: string;
  conditions: readonly Condition[];
  order: readonly { field: string; descending: boolean }[];
  /** Counts from 1. */
  startPosition: number;
  /** 1 to 1 000; 100 unless given. */
  maxResults: number;
}

const defaultMaxResults = 100;
const largestMaxResults = 1_000;

/**
 * Reads a select statement of the QuickBooks query language. Keywords go in any letter case.
 *
 * @throws {QuickbooksFault} 4000 where it cannot be read, 4001 for a position that is not possible.
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
 */
export function parseQuery(query: string): ParsedQuery {
  const reader = new Reader(readTokens(query));
  reader.expect("SELECT");
  const { columns, isCount } = readColumns(reader);
  reader.expect("FROM");
  const entity = reader.word();
  const conditions = reader.skip("WHERE") ? readConditions(reader) : [];
  const order = readOrder(reader);
  const startPosition = reader.skip("STARTPOSITION") ? reader.count() : 1;
  const maxResults = reader.skip("MAXRESULTS") ? reader.count() : defaultMaxResults;
  reader.expectEnd();
  if (startPosition < 1) throw queryValidationError("value of STARTPOSITION must be 1 or more");
  if (maxResults < 1 || maxResults > largestMaxResults) {
    throw queryValidationError(`value of MAXRESULTS must be from 1 to ${largestMaxResults}`);
  }
  return { columns, isCount, entity, conditions, order, startPosition, maxResults };
}

function readColumns(reader: Reader): { columns: string[]; isCount: boolean } {
  if (reader.skip("*")) return { columns: [], isCount: false };
  if (reader.skip("COUNT")) {
    for (const symbol of ["(", "*", ")"]) reader.expect(symbol);
    return { columns: [], isCount: true };
  }
  const columns = [reader.word()];
  while (reader.skip(",")) {
    // `Line.*` is how the documents name all lines; the star alone means everything here too.
    if (reader.skip("*")) return { columns: [], isCount: false };
    columns.push(reader.word());
  }
  return { columns, isCount: false };
}

function readConditions(reader: Reader): Condition[] {
  const conditions = [readCondition(reader)];
  while (reader.skip("AND")) conditions.push(readCondition(reader));
  return conditions;
}

function readCondition(reader: Reader): Condition {
  const field = reader.word();
  if (reader.skip("IN")) {
    reader.expect("(");
    const values = [reader.literal()];
    while (reader.skip(",")) values.push(reader.literal());
    reader.expect(")");
    return { field, operator: "IN", values };
  }
  if (reader.skip("LIKE")) return { field, operator: "LIKE", values: [reader.literal()] };
  for (const operator of ["<=", ">=", "=", "<", ">"] as const) {
    if (reader.skip(operator)) return { field, operator, values: [reader.literal()] };
  }
  throw reader.encountered();
}

function readOrder(reader: Reader): { field: string; descending: boolean }[] {
  if (reader.skip("ORDER")) reader.expect("BY");
  else if (!reader.skip("ORDERBY")) return [];
  const order: { field: string; descending: boolean }[] = [];
  do {
    const field = reader.word();
    const descending = reader.skip("DESC");
    if (!descending) reader.skip("ASC");
    order.push({ field, descending });
  } while (reader.skip(","));
  return order;
}

class Reader {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Steps over this keyword or symbol, if it comes next. */
  skip(text: string): boolean {
    const token = this.#next();
    const isIt = (token.kind === "word" || token.kind === "symbol") && token.text.toUpperCase() === text;
    if (isIt) this.#position += 1;
    return isIt;
  }

  expect(text: string): void {
    if (!this.skip(text)) throw this.encountered();
  }

  expectEnd(): void {
    if (this.#next().kind !== "end") throw this.encountered();
  }

  word(): string {
    return this.#take("word");
  }

  count(): number {
    const text = this.#take("number");
    if (!/^-?\d{1,9}$/.test(text)) throw queryValidationError(`${text} is not a whole number`);
    return Number(text);
  }

  literal(): Literal {
    const token = this.#next();
    if (token.kind === "text") return this.#take("text");
    if (token.kind === "number") return Number(this.#take("number"));
    if (token.kind === "word" && /^(true|false)$/i.test(token.text)) return this.#take("word").toLowerCase() === "true";
    throw this.encountered();
  }

  /** The fault for whatever comes next and should not. */
  encountered(): Error {
    const token = this.#next();
    const kinds = { word: "IDENTIFIER", text: "STRING", number: "INTEGER", symbol: "SYMBOL", end: "EOF" };
    return queryParserError(
      `Encountered " <${kinds[token.kind]}> "${token.text} "" at line 1, column ${token.column}.`,
    );
  }

  #take(kind: Token["kind"]): string {
    const token = this.#next();
    if (token.kind !== kind) throw this.encountered();
    this.#position += 1;
    return token.text;
  }

  #next(): Token {
    return this.#tokens[this.#position] ?? { kind: "end", text: "<EOF>", column: 0 };
  }
}
