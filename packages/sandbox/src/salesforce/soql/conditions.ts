import type { ConditionWithValueQuery, HavingClause, WhereClause } from "@jetstreamapp/soql-parser-js";
import { malformedQuery } from "../errors.js";

/** Says whether something (a record, a group of records) meets all the conditions of a clause. */
export type Test<Subject> = (subject: Subject) => boolean;

type Leaf = Exclude<ConditionWithValueQuery, { openParen: number; field?: never }>;
type Token = "(" | ")" | "AND" | "OR" | "NOT" | { leaf: Leaf };

/**
 * Turns a WHERE or HAVING clause into one test.
 *
 * The parser gives a chain of conditions with parenthesis counts; here it becomes a tree. As in Salesforce, AND and OR
 * on one level need parentheses.
 *
 * @param createLeaf - Builds the test of a single condition.
 */
export function createTest<Subject>(
  clause: WhereClause | HavingClause,
  createLeaf: (condition: Leaf) => Test<Subject>,
): Test<Subject> {
  const tokens = flatten(clause);
  let at = 0;

  function readExpression(): Test<Subject> {
    const parts = [readFactor()];
    const operator = tokens[at];
    while (tokens[at] === "AND" || tokens[at] === "OR") {
      if (tokens[at] !== operator) throw malformedQuery(`unexpected token: '${String(tokens[at])}'`);
      at += 1;
      parts.push(readFactor());
    }
    if (parts.length === 1) return parts[0] ?? (() => true);
    return operator === "OR"
      ? (subject) => parts.some((part) => part(subject))
      : (subject) => parts.every((part) => part(subject));
  }

  function readFactor(): Test<Subject> {
    const token = tokens[at];
    at += 1;
    if (token === "NOT") {
      const inner = readFactor();
      return (subject) => !inner(subject);
    }
    if (token === "(") {
      const inner = readExpression();
      if (tokens[at] !== ")") throw malformedQuery("unexpected token: '<EOF>'");
      at += 1;
      return inner;
    }
    if (token === undefined || typeof token === "string")
      throw malformedQuery(`unexpected token: '${token ?? "<EOF>"}'`);
    return createLeaf(token.leaf);
  }

  const test = readExpression();
  if (at < tokens.length) throw malformedQuery("unexpected token: ')'");
  return test;
}

function flatten(clause: WhereClause | HavingClause): Token[] {
  const tokens: Token[] = [];
  let rest: WhereClause | HavingClause | undefined = clause;
  while (rest !== undefined) {
    const left: WhereClause["left"] | null = rest.left;
    if (left !== null) {
      push(tokens, "(", left.openParen ?? 0);
      if (isLeaf(left)) {
        tokens.push({ leaf: left });
        push(tokens, ")", left.closeParen ?? 0);
      }
    }
    if (!("operator" in rest)) break;
    tokens.push(rest.operator);
    rest = rest.right;
  }
  return tokens;
}

function isLeaf(condition: ConditionWithValueQuery): condition is Leaf {
  return "operator" in condition;
}

function push(tokens: Token[], token: Token, times: number): void {
  for (let count = 0; count < times; count += 1) tokens.push(token);
}
