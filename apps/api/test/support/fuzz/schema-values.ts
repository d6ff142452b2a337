import fc from "fast-check";
import type { JsonSchema } from "../document-calls.js";
import type { SeededRandom } from "./seeded-random.js";

/** Values for fields by their names, tried before the schema's own. `undefined` = nothing is known. */
export type KnownValues = (field: string, schema: JsonSchema) => unknown;

/** As much of JSON Schema as the document uses. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly writeOnly?: boolean;
}

/** Begins every text that is given where the document says `writeOnly`: it must come out nowhere. */
export const plantedSecret = "planted-secret";

const words = [
  "Smoke & Söhne",
  "O'Neill",
  "x",
  "日本",
  "a b",
  "Ω≈ç√",
  "<b>",
  "{{7*7}}",
  "\u0024{1+1}",
  "%s%n",
  "=cmd()",
];

/** Makes a value that fits a schema; which one, `random` says. */
export function validValue(
  from: JsonSchema,
  random: SeededRandom,
  known: KnownValues,
  field = "",
  isSecret = false,
): unknown {
  const schema = from as Schema;
  const secret = isSecret || schema.writeOnly === true;
  if (!secret) {
    const given = known(field, from);
    if (given !== undefined) return given;
    if (schema.examples && random.chance(0.6)) return random.pick(schema.examples);
  }
  const inner = (of: Schema, name: string) => validValue(of as JsonSchema, random, known, name, secret);
  if ("const" in from) return from.const;
  if (schema.enum) return random.pick(schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return inner(random.pick(options), field);
  switch (schema.type) {
    case "object":
      return makeObject(schema, random, inner);
    case "array": {
      const least = schema.minItems ?? 0;
      const length = Math.min(least + random.int(3), schema.maxItems ?? 3);
      return Array.from({ length }, () => inner(schema.items ?? {}, field));
    }
    case "boolean":
      return random.chance(0.5);
    case "null":
      return null;
    case "integer":
    case "number":
      return makeNumber(schema, random);
    case "string":
      return secret ? `${plantedSecret}-${random.int(1e9)}` : makeText(schema, random);
    default:
      // Anything at all.
      return secret ? `${plantedSecret}-${random.int(1e9)}` : random.pick([...words, 0, 1.5, true, null, [], {}]);
  }
}

function makeObject(schema: Schema, random: SeededRandom, inner: (of: Schema, name: string) => unknown): object {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const wanted = Object.entries(properties).filter(([name]) => required.includes(name) || random.chance(0.4));
  const own = wanted.map(([name, of]) => [name, inner(of, name)] as const);
  const isOpen = typeof additionalProperties === "object" || additionalProperties === true;
  const more = isOpen && random.chance(0.5) ? 1 + random.int(2) : 0;
  const extra = Array.from({ length: more }, () => {
    const name = propertyNames?.pattern ? random.pick(["Name", "Phone", "Custom__c"]) : `field${random.int(100)}`;
    return [name, inner(typeof additionalProperties === "object" ? additionalProperties : {}, name)] as const;
  });
  return Object.fromEntries([...own, ...extra]);
}

function makeNumber({ type, minimum = 0, maximum = 1000 }: Schema, random: SeededRandom): number {
  const span = Math.min(maximum, minimum + 1000) - minimum;
  const value = random.pick([minimum, Math.min(maximum, Number.MAX_SAFE_INTEGER), minimum + random.next() * span]);
  return type === "integer" ? Math.floor(value) : value;
}

const samples = new Map<string, readonly string[]>();

function makeText({ format, pattern, minLength = 0, maxLength = 300 }: Schema, random: SeededRandom): string {
  if (format === "uuid") return random.uuid();
  if (format === "date-time") return new Date(random.int(4e9) * 1000).toISOString();
  if (format === "email") return `p${random.int(1e9)}@example.com`;
  if (format === "uri") return random.pick(["https://app.example.com/", `https://example.com/${random.int(1e6)}`]);
  if (pattern !== undefined) {
    const known = samples.get(pattern);
    const texts = known ?? fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: 1, numRuns: 20 });
    samples.set(pattern, texts);
    return random.pick(texts).slice(0, maxLength);
  }
  const longest = Math.min(maxLength, 300);
  const text = random.pick([...words, ...words, "x".repeat(longest), "x".repeat(Math.max(minLength, 1))]);
  return text.slice(0, longest).padEnd(minLength, "x");
}
