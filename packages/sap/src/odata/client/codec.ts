/** The key of an entity: the value of its only key property, or all key properties by name. */
export type ODataKey = string | number | boolean | Readonly<Record<string, unknown>>;

/** A record as callers see it: the vendor's names, exact values, nested records and lists of them. */
export type ODataRecord = Readonly<Record<string, unknown>>;

/** A condition that this room makes by itself. Callers' own conditions are made by the query builder. */
export type ODataCondition =
  | { readonly property: string; readonly is: "eq" | "ne" | "gt" | "ge"; readonly value: unknown }
  | { readonly all: readonly ODataCondition[] }
  | { readonly any: readonly ODataCondition[] };

/** What a query asks for. Typed values become text in {@link ODataCodec.queryString} only. */
export interface ODataQuery {
  readonly select?: readonly string[];
  readonly expand?: readonly string[];
  readonly filter?: ODataCondition;
  readonly orderBy?: readonly { readonly property: string; readonly descending?: boolean }[];
  /** Records at most, over all pages. */
  readonly top?: number;
  readonly skip?: number;
  /** Whether the first page says how many records there are, whatever `top` is. */
  readonly count?: boolean;
  readonly search?: string;
}

/** How names and values become parts of an address or a body, and back. It knows the service's model; this room does not. */
export interface ODataCodec<Query extends ODataQuery = ODataQuery> {
  /** `Products(42)`, `Items(Order='1',Item='10')`, encoded for a path. */
  keyPath(set: string, key: ODataKey): string;
  /**
   * An input as the wire wants it, nested input included.
   *
   * @param type - Qualified name of an entity or complex type, or `Edm.…`.
   * @throws {ValidationError} for a property or a value that the type does not have.
   */
  toWire(type: string, input: unknown): unknown;
  /**
   * A record as it came, as callers see it.
   *
   * @param wire - From {@link readExactJson}: a number that JavaScript cannot hold exactly comes as its text.
   * @param type - Qualified name of an entity or complex type.
   */
  toRecord(type: string, wire: ODataRecord): { readonly record: ODataRecord; readonly etag?: string };
  /** One value of an `Edm.…`, enumeration or complex type as callers see it. */
  toValue(type: string, wire: unknown): unknown;
  /** One value as it stands in an address: `'it''s'`, `guid'…'`, `42L`. Not yet percent-encoded. */
  literal(type: string, value: unknown): string;
  /** `$select=…&$filter=…`, percent-encoded, without `?`; empty for no query. */
  queryString(set: string, query: Query): string;
}
