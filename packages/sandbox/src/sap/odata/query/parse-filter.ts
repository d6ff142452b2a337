import { malformed } from "../failure.js";
import { type LiteralKind, readFilterTokens, type Token } from "./filter-tokens.js";

/** A filter as a tree. */
export type Expression =
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "not"; operand: Expression }
  | { kind: "compare"; operator: CompareOperator; left: Expression; right: Expression }
  | { kind: "in"; left: Expression; options: Expression[] }
  | { kind: "call"; name: string; parameters: Expression[] }
  | { kind: "lambda"; all: boolean; path: string; variable: string; condition: Expression | undefined }
  | { kind: "path"; path: string }
  | { kind: "literal"; type: LiteralKind; value: string };

/** `eq`, `ne` and so on. */
export type CompareOperator = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

const compareOperators: ReadonlySet<string> = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);

/** Parentheses and functions inside each other. */
const maximumDepth = 50;

/** Reads a `$filter` of v2 or v4: `or` binds weakest, then `and`, then `not`. @throws {ODataFailure} 400 */
export function parseFilter(filter: string): Expression {
  const reader = new FilterReader(readFilterTokens(filter));
  const expression = reader.readOr(0);
  reader.expectEnd();
  return expression;
}

class FilterReader {
  readonly #tokens: Token[];
  #position = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  readOr(depth: number): Expression {
    if (depth > maximumDepth) throw malformed("The filter is nested too deep");
    let left = this.#readAnd(depth);
    while (this.#takeName("or")) left = { kind: "or", left, right: this.#readAnd(depth) };
    return left;
  }

  expectEnd(): void {
    const token = this.#tokens[this.#position];
    if (token !== undefined) throw malformed(`Unexpected '${token.value}' at position ${token.at + 1} of the filter`);
  }

  #readAnd(depth: number): Expression {
    let left = this.#readNot(depth);
    while (this.#takeName("and")) left = { kind: "and", left, right: this.#readNot(depth) };
    return left;
  }

  #readNot(depth: number): Expression {
    if (depth > maximumDepth) throw malformed("The filter is nested too deep");
    return this.#takeName("not") ? { kind: "not", operand: this.#readNot(depth + 1) } : this.#readCompare(depth);
  }

  #readCompare(depth: number): Expression {
    const left = this.#readPrimary(depth);
    const token = this.#tokens[this.#position];
    if (token?.kind !== "name") return left;
    if (token.value === "in") {
      this.#position += 1;
      this.#expect("(");
      return { kind: "in", left, options: this.#readList(depth) };
    }
    if (!isCompareOperator(token.value)) return left;
    this.#position += 1;
    return { kind: "compare", operator: token.value, left, right: this.#readPrimary(depth) };
  }

  #readPrimary(depth: number): Expression {
    const token = this.#tokens[this.#position];
    this.#position += 1;
    if (token === undefined) throw malformed("The filter ends too early");
    if (token.kind === "literal") return { kind: "literal", type: token.type, value: token.value };
    if (token.kind === "name") return this.#takeMark("(") ? this.#readCall(token.value, depth) : toPath(token.value);
    if (token.value !== "(") throw malformed(`Unexpected '${token.value}' at position ${token.at + 1} of the filter`);
    const inner = this.readOr(depth + 1);
    this.#expect(")");
    return inner;
  }

  #readCall(name: string, depth: number): Expression {
    const lambda = /^(.+)\/(any|all)$/.exec(name);
    if (lambda === null) return { kind: "call", name, parameters: this.#readList(depth) };
    const [, path = "", quantifier] = lambda;
    if (this.#takeMark(")"))
      return { kind: "lambda", all: quantifier === "all", path, variable: "", condition: undefined };
    const variable = this.#tokens[this.#position]?.value ?? "";
    this.#position += 1;
    this.#expect(":");
    const condition = this.readOr(depth + 1);
    this.#expect(")");
    return { kind: "lambda", all: quantifier === "all", path, variable, condition };
  }

  #readList(depth: number): Expression[] {
    const items: Expression[] = [];
    do items.push(this.readOr(depth + 1));
    while (this.#takeMark(","));
    this.#expect(")");
    return items;
  }

  #takeName(value: string): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== "name" || token.value !== value) return false;
    this.#position += 1;
    return true;
  }

  #takeMark(value: string): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== "mark" || token.value !== value) return false;
    this.#position += 1;
    return true;
  }

  #expect(mark: string): void {
    const token = this.#tokens[this.#position];
    if (!this.#takeMark(mark))
      throw malformed(`'${mark}' is missing before '${token?.value ?? "the end"}' in the filter`);
  }
}

function toPath(path: string): Expression {
  return { kind: "path", path };
}

function isCompareOperator(value: string): value is CompareOperator {
  return compareOperators.has(value);
}
