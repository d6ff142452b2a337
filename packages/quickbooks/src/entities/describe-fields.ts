import type { EntityField } from "@isthmus/core";
import { decimalFields } from "../decimal-json.js";
import type { QueryRecord } from "../query.js";
import { type EntityTraits, toEntityName } from "./traits.js";

const setByIntuit: ReadonlySet<string> = new Set([
  "Id",
  "SyncToken",
  "MetaData",
  "domain",
  "sparse",
  "FullyQualifiedName",
]);

/**
 * The fields of an entity: those that every record has, those that creating one needs, and those of the company's own
 * records. A field that no record uses is not told.
 */
export function describeFields(traits: EntityTraits, sample: readonly QueryRecord[]): readonly EntityField[] {
  const values = new Map<string, unknown>([
    ["Id", ""],
    ["SyncToken", ""],
    ["MetaData", {}],
    ...traits.requiredOnCreate.map((name) => [name, undefined] as const),
  ]);
  for (const record of sample) {
    for (const [name, value] of Object.entries(record)) values.set(name, values.get(name) ?? value);
  }
  return [...values].map(([name, value]) => toField(traits, name, value));
}

function toField(traits: EntityTraits, name: string, value: unknown): EntityField {
  const own = setByIntuit.has(name);
  const reference = /^(\w+)Ref$/.exec(name)?.[1];
  const target = reference === undefined ? undefined : toEntityName(reference);
  const required: readonly string[] = traits.requiredOnCreate;
  return {
    name,
    label: name.replace(/(?<=[a-z])(?=[A-Z])/g, " "),
    type: typeOf(name, value),
    required: required.includes(name),
    creatable: traits.create && !own,
    updatable: traits.update && !own,
    unique: name === "Id",
    externalId: false,
    ...(target !== undefined && { references: [target] }),
  };
}

/** Intuit's own names of its types. */
function typeOf(name: string, value: unknown): string {
  if (name.endsWith("Ref")) return "ReferenceType";
  if (decimalFields.has(name)) return "Decimal";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value === "number") return "Integer";
  if (Array.isArray(value)) return "Array";
  if (typeof value === "object" && value !== null) return "Object";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)) return "Date";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return "DateTime";
  return "String";
}
