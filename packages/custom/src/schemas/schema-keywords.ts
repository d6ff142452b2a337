/** Keywords that only tell: they go into the published schema and decide nothing. */
export const annotations: ReadonlySet<string> = new Set([
  "$comment",
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

/** What may stand beside a `type`. */
export const keywordsOfType: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  boolean: [],
  null: [],
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
};

/** What may stand in place of a `type`, alone. */
export const choices = ["enum", "const", "anyOf", "oneOf"] as const;

/** Keywords whose value is a count. */
export const counts: ReadonlySet<string> = new Set(["minLength", "maxLength", "minItems", "maxItems"]);

/** Keywords whose value is a number. */
export const bounds: ReadonlySet<string> = new Set(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]);

/** The formats that are proven. JSON Schema lets others pass unread, which would look like a proof. */
export const formats: ReadonlySet<unknown> = new Set([
  "date",
  "date-time",
  "duration",
  "email",
  "ipv4",
  "ipv6",
  "time",
  "uri",
  "uuid",
]);
