import type { Operation } from "@isthmus/core";
import { toJsonSchema } from "../openapi/json-schema.js";

type JsonSchema = Readonly<Record<string, unknown>>;

/** A top-level property of an operation's input, as a query parameter. */
export interface InputParameter {
  readonly name: string;
  readonly required: boolean;
  /** JSON Schema of the value. */
  readonly schema: JsonSchema;
  /** `text`: the value as it is; otherwise it is written as JSON. A scalar's JSON is what anybody would write. */
  readonly form: "text" | "scalar" | "json";
}

/** The query parameters of an operation that takes bytes, in the order of its input. */
export function listInputParameters({ input }: Pick<Operation, "input">): InputParameter[] {
  const root = toJsonSchema(input, "input");
  const shapes = listShapes(root);
  const names = [...new Set(shapes.flatMap((shape) => Object.keys(readRecord(shape, "properties"))))];
  return names.map((name) => {
    const schemas = shapes.map((shape) => readRecord(shape, "properties")[name]).filter(isRecord);
    const [only = {}] = schemas;
    return {
      name,
      required: shapes.every(({ required }) => Array.isArray(required) && required.includes(name)),
      schema: schemas.length === 1 ? only : { anyOf: schemas },
      form: formOf(schemas, root),
    };
  });
}

/** The objects that an input may be: itself, or the alternatives of a union. */
function listShapes(schema: JsonSchema): JsonSchema[] {
  const alternatives = readList(schema, "anyOf", "oneOf", "allOf").flatMap(listShapes);
  return alternatives.length > 0 ? alternatives : [schema];
}

/** Where a text is allowed among other types, a value is text: nobody has to write quotes. */
function formOf(schemas: readonly JsonSchema[], root: JsonSchema): InputParameter["form"] {
  const types = schemas.flatMap((schema) => typesOf(schema, root, 0));
  if (types.includes("string")) return "text";
  return types.length > 0 && types.every((type) => ["number", "integer", "boolean"].includes(type)) ? "scalar" : "json";
}

/** How far references and alternatives are followed: a recursive schema has no end. */
const maxDepth = 8;

function typesOf(schema: JsonSchema, root: JsonSchema, depth: number): string[] {
  if (depth > maxDepth) return [];
  const { type, $ref } = schema;
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.filter((each) => typeof each === "string");
  if (typeof $ref === "string") {
    const target = readRecord(root, "$defs")[$ref.replace(/^#\/\$defs\//, "")];
    return isRecord(target) ? typesOf(target, root, depth + 1) : [];
  }
  const { enum: listed } = schema;
  const values = "const" in schema ? [schema.const] : Array.isArray(listed) ? listed : [];
  const alternatives = readList(schema, "anyOf", "oneOf", "allOf").flatMap((each) => typesOf(each, root, depth + 1));
  return [...values.map((value) => (value === null ? "null" : typeof value)), ...alternatives];
}

function readList(schema: JsonSchema, ...keys: readonly string[]): JsonSchema[] {
  return keys.flatMap((key) => {
    const value = schema[key];
    return Array.isArray(value) ? value.filter(isRecord) : [];
  });
}

function readRecord(schema: JsonSchema, key: string): JsonSchema {
  const value = schema[key];
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
