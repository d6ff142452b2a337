import { malformed } from "../failure.js";
import type { EntityModel, ServiceModel } from "../model/service-model.js";
import { targetOf } from "../model/service-model.js";
import type { Row } from "../rows.js";
import type { CompareOperator, Expression } from "./parse-filter.js";
import { compareTyped, type TypedValue, toTypedValue } from "./typed-value.js";

/** What a filter is worked out on. */
export interface FilterScope {
  service: ServiceModel;
  entity: EntityModel;
  row: Row;
  /** The rows that a navigation of a row leads to. */
  follow(entity: EntityModel, row: Row, navigation: string): Row[];
  /** Lambda variables. */
  variables?: Readonly<Record<string, { entity: EntityModel; row: Row }>>;
}

const nothing: TypedValue = { kind: "null", value: "" };

/** Whether a row fulfils a filter. @throws {ODataFailure} 400 for unknown properties and functions, and types that do not fit. */
export function isMatch(expression: Expression, scope: FilterScope): boolean {
  switch (expression.kind) {
    case "and":
      return isMatch(expression.left, scope) && isMatch(expression.right, scope);
    case "or":
      return isMatch(expression.left, scope) || isMatch(expression.right, scope);
    case "not":
      return !isMatch(expression.operand, scope);
    case "lambda":
      return matchLambda(expression, scope);
    default:
      return evaluate(expression, scope).value === "true";
  }
}

function evaluate(expression: Expression, scope: FilterScope): TypedValue {
  switch (expression.kind) {
    case "literal":
      return { kind: expression.type, value: expression.value };
    case "path":
      return readPath(expression.path, scope);
    case "call":
      return call(
        expression.name,
        expression.parameters.map((parameter) => evaluate(parameter, scope)),
      );
    case "compare":
      return truth(compare(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope)));
    case "in": {
      const left = evaluate(expression.left, scope);
      return truth(expression.options.some((option) => compare("eq", left, evaluate(option, scope))));
    }
    default:
      return truth(isMatch(expression, scope));
  }
}

function compare(operator: CompareOperator, left: TypedValue, right: TypedValue): boolean {
  const order = compareTyped(left, right);
  if (order === undefined) {
    if (left.kind !== "null" && right.kind !== "null")
      throw malformed(`Invalid parametertype used at function '${operator}'`);
    return operator === "ne";
  }
  const outcomes: Record<CompareOperator, boolean> = {
    eq: order === 0,
    ne: order !== 0,
    gt: order > 0,
    ge: order >= 0,
    lt: order < 0,
    le: order <= 0,
  };
  return outcomes[operator];
}

function readPath(path: string, scope: FilterScope): TypedValue {
  const segments = path.split("/");
  const variable = scope.variables?.[segments[0] ?? ""];
  let { entity, row }: { entity: EntityModel; row: Row | undefined } = variable ?? scope;
  if (variable !== undefined) segments.shift();
  for (const segment of segments.slice(0, -1)) {
    const navigation = entity.navigations.find(({ name }) => name === segment);
    if (navigation === undefined || navigation.many) throw propertyNotFound(segment, entity);
    row = row === undefined ? undefined : scope.follow(entity, row, segment)[0];
    entity = targetOf(scope.service, navigation);
  }
  const name = segments.at(-1) ?? "";
  const property = entity.properties.find((candidate) => candidate.name === name);
  if (property === undefined) throw propertyNotFound(name, entity);
  return toTypedValue(property, row?.[name]);
}

function matchLambda(lambda: Extract<Expression, { kind: "lambda" }>, scope: FilterScope): boolean {
  const navigation = scope.entity.navigations.find(({ name }) => name === lambda.path);
  if (navigation === undefined) throw propertyNotFound(lambda.path, scope.entity);
  const entity = targetOf(scope.service, navigation);
  const { condition } = lambda;
  const rows = scope.follow(scope.entity, scope.row, lambda.path);
  if (condition === undefined) return rows.length > 0;
  const holds = (row: Row): boolean =>
    isMatch(condition, { ...scope, variables: { ...scope.variables, [lambda.variable]: { entity, row } } });
  return lambda.all ? rows.every(holds) : rows.some(holds);
}

const functions: Readonly<Record<string, (...parameters: TypedValue[]) => TypedValue>> = {
  substringof: (part = nothing, whole = nothing) => truth(whole.value.includes(part.value)),
  contains: (whole = nothing, part = nothing) => truth(whole.value.includes(part.value)),
  startswith: (whole = nothing, part = nothing) => truth(whole.value.startsWith(part.value)),
  endswith: (whole = nothing, part = nothing) => truth(whole.value.endsWith(part.value)),
  length: (whole = nothing) => number(whole.value.length),
  indexof: (whole = nothing, part = nothing) => number(whole.value.indexOf(part.value)),
  substring: (whole = nothing, from = nothing, count = nothing) =>
    string(whole.value.slice(Number(from.value)).slice(0, count.kind === "null" ? undefined : Number(count.value))),
  tolower: (whole = nothing) => string(whole.value.toLowerCase()),
  toupper: (whole = nothing) => string(whole.value.toUpperCase()),
  trim: (whole = nothing) => string(whole.value.trim()),
  concat: (first = nothing, second = nothing) => string(first.value + second.value),
  year: (date = nothing) => number(Number(date.value.slice(0, 4))),
  month: (date = nothing) => number(Number(date.value.slice(5, 7))),
  day: (date = nothing) => number(Number(date.value.slice(8, 10))),
};

function call(name: string, parameters: TypedValue[]): TypedValue {
  const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (run === undefined) throw malformed(`Invalid function '${name}'`);
  return run(...parameters);
}

function propertyNotFound(name: string, { type }: EntityModel) {
  return malformed(`Property ${name} not found in type ${type}`);
}

function truth(value: boolean): TypedValue {
  return { kind: "boolean", value: String(value) };
}

function number(value: number): TypedValue {
  return { kind: "number", value: String(value) };
}

function string(value: string): TypedValue {
  return { kind: "string", value };
}
