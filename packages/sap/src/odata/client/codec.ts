import type { ODataProperty } from "../model.js";
import type { Query } from "../query/query.js";

/** The key of an entity: the value of its only key property, or all key properties by name. */
export type ODataKey = string | number | boolean | Readonly<Record<string, unknown>>;

/** A record as callers see it: the vendor's names, exact values, nested records and lists of them. */
export type ODataRecord = Readonly<Record<string, unknown>>;

/** What decides how a value is written or read. */
export type TypedValue = Pick<ODataProperty, "name" | "type" | "isCollection" | "isNullable">;

/** How names and values become parts of an address or a body, and back. It knows the service's model. */
export interface ODataCodec {
  /** `Products(42)`, `Items(Order='1',Item='10')`, percent-encoded. Without a key, the name alone: a singleton's. */
  keyPath(set: string, key?: ODataKey): string;
  /**
   * A record as the wire wants it, nested ones included.
   *
   * @param type - Qualified name of an entity or complex type.
   * @throws {ValidationError} for a property or a value that the type does not have.
   */
  toWire(type: string, input: object): ODataRecord;
  /** One parameter as the wire wants it. @throws {ValidationError} when the value does not fit. */
  toWireValue(typed: TypedValue, value: unknown): unknown;
  /**
   * A record as it came, as callers see it.
   *
   * @param type - Qualified name of an entity or complex type.
   * @param wire - From `readExactJson`: a number that JavaScript may not hold exactly comes as its text.
   */
  toRecord(
    type: string,
    wire: ODataRecord,
  ): { readonly record: ODataRecord; readonly etag?: string; readonly annotations: Readonly<Record<string, unknown>> };
  /** One value as callers see it. */
  toValue(typed: TypedValue, wire: unknown): unknown;
  /** One parameter as it stands in an address: `'it''s'`, `guid'…'`, `42L`. Not yet percent-encoded. */
  literal(typed: TypedValue, value: unknown): string;
  /** `$select=…&$filter=…`, percent-encoded, without `?`; empty for no query. */
  queryString(set: string, query: Query): string;
}
