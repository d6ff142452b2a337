import type { ODataFacets } from "../model.js";

/** A value in the form that this package gives and takes: text, number or truth value. */
export type EdmValue = string | number | boolean;

/** How values of one primitive type are read and written. Null is dealt with before any of these is called. */
export interface EdmType {
  /**
   * From the JSON of a service to our form.
   * @throws {UnfitValue} where it is not a value of this type.
   */
  fromWire(wire: unknown): unknown;
  /**
   * A caller's value, checked, in our form.
   * @throws {UnfitValue} where it is not one, not exactly one, or beyond its facets.
   */
  check(value: unknown, facets: ODataFacets): EdmValue;
  /** From our form, checked, to JSON. */
  toWire(value: EdmValue): unknown;
  /** From our form, checked, to what stands in a URL, before percent-encoding. */
  toLiteral(value: EdmValue): string;
}
