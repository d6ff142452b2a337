import type { ODataKey } from "./client/codec.js";
import { Issues } from "./issues.js";
import { toLiteral } from "./literals.js";
import type { ODataModel, ODataType } from "./model.js";
import { findEntitySet, findType } from "./model-lookup.js";
import { refuse } from "./values/unfit-value.js";

/**
 * The path of an entity below the root of its service, percent-encoded: `A_SalesOrderItem(SalesOrder='1',SalesOrderItem='10')`.
 * Within a literal every character that a URL gives a meaning to is encoded, `/` too: a system or proxy that refuses `%2F`
 * cannot address such a key in any way.
 *
 * @param key - Missing for a singleton, and for the set itself.
 * @throws {NotFoundError} when there is no such set.
 * @throws {ValidationError} naming each key property that is missing, unknown or of another type.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_CanonicalURL
 */
export function entityPath(model: ODataModel, entitySet: string, key?: ODataKey): string {
  const set = findEntitySet(model, entitySet);
  const name = encodeURIComponent(set.name);
  if (key === undefined) return name;
  const issues = new Issues("The key");
  if (set.kind === "singleton") issues.add("", `is not for ${set.name}, which is a single entity`);
  issues.throwIfAny();
  return `${name}${keyPredicate(model, findType(model, set.type), key)}`;
}

/**
 * The part of a path that names one entity of a set: `('1')` or `(A='1',B=guid'…')`.
 * @throws {ValidationError} naming each key property that is missing, unknown or of another type.
 */
export function keyPredicate(model: ODataModel, type: ODataType, key: ODataKey): string {
  const issues = new Issues("The key");
  const values = toKeyValues(type, key, issues);
  for (const name of Object.keys(values)) {
    if (!type.keys.includes(name)) issues.add(name, `is not part of the key of ${type.name}`);
  }
  const literals = type.keys.map((name) => {
    const literal = issues.collect(name, () => keyLiteral(model, type, name, values[name]));
    return [name, encodeURIComponent(literal ?? "")] as const;
  });
  issues.throwIfAny();
  const [first] = literals;
  if (literals.length === 1 && first) return `(${first[1]})`;
  return `(${literals.map(([name, literal]) => `${encodeURIComponent(name)}=${literal}`).join(",")})`;
}

function toKeyValues(type: ODataType, key: ODataKey, issues: Issues): Readonly<Record<string, unknown>> {
  const [only, ...others] = type.keys;
  if (only === undefined) issues.add("", `cannot be given: ${type.name} has none`);
  else if (typeof key === "object" && key !== null) return key;
  else if (others.length === 0) return { [only]: key };
  else issues.add("", `must name ${type.keys.join(", ")}`);
  issues.throwIfAny();
  return {};
}

function keyLiteral(model: ODataModel, type: ODataType, name: string, value: unknown): string {
  if (value === undefined) return refuse("is missing");
  // v4 allows a key property within a complex one, by a path and an alias. No service of SAP's has such.
  const property = type.properties.get(name);
  return property ? toLiteral(model, { ...property, isNullable: false }, value) : refuse("is not a property");
}
