import type { AbapRow } from "../business-data.js";

/** Whether a row is wanted. */
export type RowTest = (row: AbapRow) => boolean;

/** The conditions are not ones that ABAP SQL would take. */
export class WhereClauseError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "WhereClauseError";
}

type Operator = (left: string, right: string) => boolean;

const operators: Readonly<Record<string, Operator>> = {
  "=": (left, right) => compare(left, right) === 0,
  "<>": (left, right) => compare(left, right) !== 0,
  "<": (left, right) => compare(left, right) < 0,
  ">": (left, right) => compare(left, right) > 0,
  "<=": (left, right) => compare(left, right) <= 0,
  ">=": (left, right) => compare(left, right) >= 0,
};

const words: Readonly<Record<string, string>> = { EQ: "=", NE: "<>", LT: "<", GT: ">", LE: "<=", GE: ">=" };

/**
 * Reads conditions as OPTIONS of RFC_READ_TABLE hold them: `KUNNR = '0000001000' AND ( LAND1 IN ('DE', 'AT') OR NAME1 LIKE 'F%' )`.
 *
 * @param fields - The columns of the table.
 * @throws {WhereClauseError} for anything else.
 */
export function parseWhere(text: string, fields: ReadonlySet<string>): RowTest {
  if (text.trim() === "") return () => true;
  const reader = new TokenReader(text);
  const test = readOr(reader, fields);
  if (reader.peek() !== undefined) throw new WhereClauseError(`Unexpected ${reader.peek()}`);
  return test;
}

function readOr(reader: TokenReader, fields: ReadonlySet<string>): RowTest {
  const tests = [readAnd(reader, fields)];
  while (reader.takeWord("OR")) tests.push(readAnd(reader, fields));
  return (row) => tests.some((test) => test(row));
}

function readAnd(reader: TokenReader, fields: ReadonlySet<string>): RowTest {
  const tests = [readTest(reader, fields)];
  while (reader.takeWord("AND")) tests.push(readTest(reader, fields));
  return (row) => tests.every((test) => test(row));
}

function readTest(reader: TokenReader, fields: ReadonlySet<string>): RowTest {
  if (reader.takeWord("NOT")) {
    const test = readTest(reader, fields);
    return (row) => !test(row);
  }
  if (reader.takeWord("(")) {
    const test = readOr(reader, fields);
    reader.expect(")");
    return test;
  }
  return readComparison(reader, fields);
}

function readComparison(reader: TokenReader, fields: ReadonlySet<string>): RowTest {
  const field = reader.next().toUpperCase();
  if (!fields.has(field)) throw new WhereClauseError(`${field} is not a field of the table`);
  const negated = reader.takeWord("NOT");
  const test = readPredicate(reader, (row) => row[field] ?? "");
  return negated ? (row) => !test(row) : test;
}

function readPredicate(reader: TokenReader, value: (row: AbapRow) => string): RowTest {
  if (reader.takeWord("LIKE")) {
    const pattern = likePattern(reader.literal());
    return (row) => pattern.test(value(row));
  }
  if (reader.takeWord("BETWEEN")) {
    const from = reader.literal();
    reader.expect("AND");
    const to = reader.literal();
    return (row) => compare(value(row), from) >= 0 && compare(value(row), to) <= 0;
  }
  if (reader.takeWord("IN")) {
    reader.expect("(");
    const wanted = [reader.literal()];
    while (reader.takeWord(",")) wanted.push(reader.literal());
    reader.expect(")");
    return (row) => wanted.some((one) => compare(value(row), one) === 0);
  }
  const sign = reader.next().toUpperCase();
  const operator = operators[words[sign] ?? sign];
  if (operator === undefined) throw new WhereClauseError(`${sign} is not an operator`);
  const right = reader.literal();
  return (row) => operator(value(row), right);
}

// Trailing blanks mean nothing to ABAP; a number compares as one.
function compare(left: string, right: string): number {
  const [a, b] = [left.trimEnd(), right.trimEnd()];
  if (/^-?\d+\.\d+$/.test(a) && /^-?\d+(\.\d+)?$/.test(b)) return Number(a) - Number(b);
  return a === b ? 0 : a < b ? -1 : 1;
}

function likePattern(literal: string): RegExp {
  const source = literal
    .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, "s");
}

class TokenReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/'(?:[^']|'')*'|<>|<=|>=|[(),=<>]|[^\s(),=<>']+|'/g) ?? [];
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new WhereClauseError("The condition ends too early");
    this.#at += 1;
    return token;
  }

  takeWord(word: string): boolean {
    if (this.peek()?.toUpperCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.takeWord(word)) throw new WhereClauseError(`${word} is missing`);
  }

  literal(): string {
    const token = this.next();
    if (token.length > 1 && token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^-?\d+(\.\d+)?$/.test(token)) return token;
    throw new WhereClauseError(`${token} is not a literal`);
  }
}
