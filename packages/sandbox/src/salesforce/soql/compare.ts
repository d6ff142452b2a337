import type { Operator } from "@jetstreamapp/soql-parser-js";
import { parseDate, parseDateTime } from "../data/time.js";
import { invalidField, malformedQuery } from "../errors.js";
import { normalizeId } from "../ids.js";
import type { FieldDefinition, FieldType, OutputValue } from "../schema/definitions.js";
import type { Literal } from "./literals.js";

/** Says whether a value meets a condition. */
export type ValueTest = (value: OutputValue) => boolean;

type TypeFamily = "string" | "id" | "double" | "boolean" | "date" | "dateTime" | "multipicklist" | "compound";

const collator = new Intl.Collator("en", { sensitivity: "accent", numeric: false });

/** What a comparison needs to know of a field: its name and type. Functions such as `CALENDAR_YEAR()` are made to fit. */
export type Comparand = Pick<FieldDefinition, "name" | "type">;

/**
 * Builds the test for `field operator literals`.
 *
 * @throws {SalesforceError} INVALID_FIELD when a literal does not fit the field's type, as Salesforce says it.
 */
export function createValueTest(field: Comparand, operator: Operator, literals: readonly Literal[]): ValueTest {
  const family = familyOf(field.type);
  if (family === "compound") throw invalidField(`field '${field.name}' can not be filtered in a query call`);
  for (const literal of literals) assertFits(field, family, literal);
  const [first = { kind: "null" }] = literals;
  switch (operator) {
    case "IN":
      return createMembershipTest(family, literals);
    case "NOT IN": {
      const isMember = createMembershipTest(family, literals);
      return (value) => !isMember(value);
    }
    case "LIKE":
      return createLikeTest(field, family, first);
    case "INCLUDES":
      return createIncludesTest(field, family, literals);
    case "EXCLUDES": {
      const includes = createIncludesTest(field, family, literals);
      return (value) => !includes(value);
    }
    case "=":
      return createMembershipTest(family, [first]);
    case "!=": {
      const equals = createMembershipTest(family, [first]);
      return (value) => !equals(value);
    }
    default:
      return createOrderTest(field, family, operator, first);
  }
}

/** Orders two values of a field the way ORDER BY does; null sorts before everything. */
export function compareValues(type: FieldType, left: OutputValue, right: OutputValue): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  const [a, b] = [sortKey(type, left), sortKey(type, right)];
  if (typeof a === "number" && typeof b === "number") return a - b;
  // Ids go by their characters; words by the alphabet.
  if (familyOf(type) === "id") return a === b ? 0 : a < b ? -1 : 1;
  return collator.compare(String(a), String(b));
}

/** Two values with the same key are equal in a query: letter case does not count in text. */
export function equalityKey(type: FieldType, value: OutputValue): string | number | boolean | null {
  if (value === null || typeof value === "object") return null;
  const family = familyOf(type);
  if (family === "id") return normalizeId(String(value)) ?? String(value);
  if (family === "date" || family === "dateTime") return instantOf(value);
  return typeof value === "string" ? value.toLowerCase() : value;
}

function createMembershipTest(family: TypeFamily, literals: readonly Literal[]): ValueTest {
  const keys = new Set(literals.map((literal) => literalKey(family, literal)));
  const ranges = literals.flatMap((literal) => (literal.kind === "range" ? [literal.value] : []));
  const type: FieldType =
    family === "id" ? "id" : family === "date" ? "date" : family === "dateTime" ? "datetime" : "string";
  return (value) => {
    const key = equalityKey(type, value);
    if (keys.has(key)) return true;
    return typeof key === "number" && ranges.some((range) => key >= range.start && key < range.end);
  };
}

function literalKey(family: TypeFamily, literal: Literal): string | number | boolean | null | undefined {
  if (literal.kind === "null") return null;
  if (literal.kind === "range") return undefined;
  if (literal.kind !== "string") return literal.value;
  // Empty text is stored as null.
  if (literal.value === "") return null;
  return family === "id" ? (normalizeId(literal.value) ?? literal.value) : literal.value.toLowerCase();
}

function createOrderTest(field: Comparand, family: TypeFamily, operator: Operator, literal: Literal): ValueTest {
  if (literal.kind === "null" || family === "boolean" || family === "multipicklist") {
    throw invalidField(`invalid operator on field '${field.name}'`);
  }
  const accepts = { "<": isBelow, "<=": isNotAbove, ">": isAbove, ">=": isNotBelow }[String(operator)];
  if (accepts === undefined) throw malformedQuery(`unexpected token: '${operator}'`);
  return (value) => {
    if (value === null) return false;
    if (literal.kind === "string") return accepts(compareValues(field.type, value, literal.value));
    const number = family === "double" ? Number(value) : instantOf(value);
    if (literal.kind !== "range") return accepts(number - Number(literal.value));
    // A span counts as one point: after it means at its end or later, before it means before its start.
    const { start, end } = literal.value;
    return accepts(number < start ? -1 : number >= end ? 1 : 0);
  };
}

const isBelow = (difference: number): boolean => difference < 0;
const isNotAbove = (difference: number): boolean => difference <= 0;
const isAbove = (difference: number): boolean => difference > 0;
const isNotBelow = (difference: number): boolean => difference >= 0;

function createLikeTest(field: Comparand, family: TypeFamily, literal: Literal): ValueTest {
  if (family !== "string" || literal.kind !== "string") throw invalidField(`invalid operator on field '${field.name}'`);
  const source = literal.value.replace(
    /\\([%_])|([%_])|[.*+?^${}()|[\]\\]/g,
    (whole, escaped?: string, wild?: string) => {
      if (escaped !== undefined) return escaped;
      if (wild !== undefined) return wild === "%" ? "[^]*" : "[^]";
      return `\\${whole}`;
    },
  );
  const pattern = new RegExp(`^${source}$`, "iu");
  return (value) => typeof value === "string" && pattern.test(value);
}

function createIncludesTest(field: Comparand, family: TypeFamily, literals: readonly Literal[]): ValueTest {
  if (family !== "multipicklist") throw invalidField(`invalid operator on field '${field.name}'`);
  const wanted = literals.map((literal) => (literal.kind === "string" ? splitValues(literal.value) : []));
  return (value) => {
    if (typeof value !== "string") return false;
    const present = new Set(splitValues(value));
    // 'A;B' asks for both at once; several literals ask for any of them.
    return wanted.some((all) => all.length > 0 && all.every((one) => present.has(one)));
  };
}

function splitValues(text: string): string[] {
  return text.split(";").map((part) => part.trim().toLowerCase());
}

function assertFits(field: Comparand, family: TypeFamily, literal: Literal): void {
  if (literal.kind === "null") return;
  const quoted = literal.kind === "string";
  const textual = family === "string" || family === "id" || family === "multipicklist";
  if (textual !== quoted) {
    const type = family === "multipicklist" ? "string" : family === "id" ? "ID" : family;
    const rule = textual ? "and should be enclosed in quotes" : "and should not be enclosed in quotes";
    throw invalidField(`value of filter criterion for field '${field.name}' must be of type ${type} ${rule}`);
  }
  if (
    family === "id" &&
    literal.kind === "string" &&
    literal.value !== "" &&
    normalizeId(literal.value) === undefined
  ) {
    throw invalidField(`invalid ID field: ${literal.value}`);
  }
  const accepted: Partial<Record<TypeFamily, Literal["kind"][]>> = {
    double: ["number"],
    boolean: ["boolean"],
    date: ["date", "range"],
    dateTime: ["datetime", "range"],
  };
  if (accepted[family]?.includes(literal.kind) === false) {
    throw invalidField(
      `value of filter criterion for field '${field.name}' must be of type ${family} and should not be enclosed in quotes`,
    );
  }
}

function familyOf(type: FieldType): TypeFamily {
  if (type === "id" || type === "reference") return "id";
  if (type === "int" || type === "double" || type === "currency" || type === "percent") return "double";
  if (type === "datetime") return "dateTime";
  if (type === "boolean" || type === "date" || type === "multipicklist") return type;
  return type === "address" || type === "base64" ? "compound" : "string";
}

function instantOf(value: OutputValue): number {
  const text = String(value);
  return parseDateTime(text) ?? parseDate(text) ?? Number.NaN;
}

function sortKey(type: FieldType, value: OutputValue): string | number {
  const family = familyOf(type);
  if (family === "date" || family === "dateTime") return instantOf(value);
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : String(value);
}
