import { queryParserError } from "../errors.js";

/** A piece of a query. `column` counts from 1. */
export interface Token {
  kind: "word" | "text" | "number" | "symbol" | "end";
  /** The word as written, the unescaped text, the number's digits, or the symbol. */
  text: string;
  column: number;
}

const patterns: readonly [Token["kind"], RegExp][] = [
  ["text", /'((?:[^'\\]|\\[\s\S])*)'/y],
  ["number", /-?\d+(?:\.\d+)?(?![\w.])/y],
  ["word", /[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*/y],
  ["symbol", /<=|>=|!=|<>|[=<>(),*]/y],
];

/**
 * Cuts a query into tokens. In texts a backslash takes the next character as it is.
 *
 * @throws {QuickbooksFault} 4000 for a character that has no place, such as an apostrophe that is not escaped.
 */
export function readTokens(query: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < query.length) {
    const space = /\s+/y;
    space.lastIndex = position;
    const skipped = space.exec(query);
    if (skipped !== null) {
      position = space.lastIndex;
      continue;
    }
    const token = readToken(query, position);
    if (token === undefined) {
      throw queryParserError(
        `Lexical error at line 1, column ${position + 1}.  Encountered: "${query[position] ?? ""}"`,
      );
    }
    tokens.push(token.token);
    position = token.end;
  }
  tokens.push({ kind: "end", text: "<EOF>", column: query.length + 1 });
  return tokens;
}

function readToken(query: string, position: number): { token: Token; end: number } | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const match = pattern.exec(query);
    if (match === null) continue;
    const text = kind === "text" ? (match[1] ?? "").replace(/\\([\s\S])/g, "$1") : match[0];
    return { token: { kind, text, column: position + 1 }, end: pattern.lastIndex };
  }
  return undefined;
}
