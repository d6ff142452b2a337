/** An object of JSON. */
export type WireObject = Readonly<Record<string, unknown>>;

/** Whether a value from the wire is an object of JSON: no list, not null. */
export function isObject(value: unknown): value is WireObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value where it is a text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
