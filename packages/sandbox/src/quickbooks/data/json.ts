import type { JsonObject, JsonValue } from "./records.js";

/** The fields of a record that is being put together. */
export type Fields = Record<string, JsonValue>;

/** Whether a value is an object, not a list and not null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value that came from `JSON.parse` is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object in a field; an empty one where there is none. */
export function objectIn(fields: JsonObject, name: string): JsonObject {
  const value = fields[name];
  return isObject(value) ? value : {};
}

/** The text in a field (a number is told as text, as ids sometimes come); `undefined` where there is none. */
export function textIn(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The objects in a list field; none where there is no list. */
export function objectsIn(fields: JsonObject, name: string): readonly JsonObject[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The id in a reference field such as `CustomerRef`; `undefined` where there is none. */
export function referenceIn(fields: JsonObject, name: string): string | undefined {
  return textIn(objectIn(fields, name), "value");
}

/** The value at a dotted path such as `MetaData.CreateTime`. */
export function valueAt(fields: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = fields;
  for (const part of path.split(".")) value = isObject(value) ? value[part] : undefined;
  return value;
}
