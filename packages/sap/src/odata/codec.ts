import { findEntitySet } from "./find-entity-set.js";
import { Issues } from "./issues.js";
import { entityPath, type ODataKey } from "./key-path.js";
import { toLiteral } from "./literals.js";
import type { ODataModel } from "./model.js";
import type { Query } from "./query/query.js";
import { writeQuery } from "./query/write-query.js";
import { type ODataEntity, toRecord, toValue } from "./to-record.js";
import { toWire, toWireValue } from "./to-wire.js";
import type { WireObject } from "./wire-objects.js";

/** How names and values of one service become parts of an address or a body, and back. */
export interface ModelCodec {
  /** As {@link entityPath}. */
  keyPath(set: string, key: ODataKey): string;
  /** As {@link toWire} for an entity or complex type; a value of a primitive type or enumeration. */
  toWire(type: string, input: unknown): unknown;
  /** As {@link toRecord}. */
  toRecord(type: string, wire: WireObject): ODataEntity;
  /** As {@link toValue}, of one item. */
  toValue(type: string, wire: unknown): unknown;
  /**
   * As {@link toLiteral}.
   * @throws {ValidationError} when the value does not fit.
   */
  literal(type: string, value: unknown): string;
  /** As {@link writeQuery}, for an entity set. */
  queryString(set: string, query: Query): string;
}

/** The codec of a service whose metadata was read. */
export function createCodec(model: ODataModel): ModelCodec {
  const single = (type: string) => ({ name: "value", type, isCollection: false, isNullable: true });
  return {
    keyPath: (set, key) => entityPath(model, set, key),
    toWire: (type, input) =>
      model.types.has(type) && input !== null ? toWire(model, type, input) : toWireValue(model, single(type), input),
    toRecord: (type, wire) => toRecord(model, type, wire),
    toValue: (type, wire) => toValue(model, single(type), wire),
    literal: (type, value) => {
      const issues = new Issues("The value");
      const literal = issues.collect("", () => toLiteral(model, { type }, value));
      issues.throwIfAny();
      return literal ?? "";
    },
    queryString: (set, query) => writeQuery(model, findEntitySet(model, set).type, query),
  };
}
