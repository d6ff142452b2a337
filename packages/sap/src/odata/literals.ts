import type { ODataFacets, ODataModel } from "./model.js";
import { resolveType } from "./values/edm-types.js";
import { refuse } from "./values/unfit-value.js";

/** What decides how a value is written: a property, a parameter, or the type of a collection's items. */
export interface TypedValue extends ODataFacets {
  readonly type: string;
  readonly isNullable?: boolean;
}

/**
 * A caller's value as the literal of its type, for a URL: `'O''Reilly'`, `datetime'2026-11-26T00:00:00'`, `null`. Not yet
 * percent-encoded.
 *
 * @throws {UnfitValue} when the value does not fit, or the type has no literals.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_PrimitiveLiterals
 * @see https://www.odata.org/documentation/odata-version-2-0/overview/ (Primitive data types)
 */
export function toLiteral(model: ODataModel, typed: TypedValue, value: unknown): string {
  if (value === null) return typed.isNullable === false ? refuse("must not be null") : "null";
  const resolved = resolveType(model, typed);
  if (!resolved) return refuse(`has a type without literals (${typed.type})`);
  return resolved.edm.toLiteral(resolved.edm.check(value, resolved.facets));
}
